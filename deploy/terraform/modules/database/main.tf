# PostgreSQL. What a person's data needs: two zones, any moment of the last weeks, nothing in the clear, TLS or nothing.

locals {
  identifier = "${var.name}-db"
}

resource "aws_db_subnet_group" "this" {
  name       = local.identifier
  subnet_ids = var.subnet_ids
}

resource "aws_security_group" "database" {
  name        = local.identifier
  description = "PostgreSQL, for tasks alone"
  vpc_id      = var.vpc_id

  tags = { Name = local.identifier }
}

resource "aws_vpc_security_group_ingress_rule" "from_workload" {
  security_group_id            = aws_security_group.database.id
  description                  = "The tasks"
  ip_protocol                  = "tcp"
  from_port                    = 5432
  to_port                      = 5432
  referenced_security_group_id = var.workload_security_group_id
}

resource "aws_vpc_security_group_egress_rule" "workload_to_database" {
  security_group_id            = var.workload_security_group_id
  description                  = "PostgreSQL"
  ip_protocol                  = "tcp"
  from_port                    = 5432
  to_port                      = 5432
  referenced_security_group_id = aws_security_group.database.id
}

resource "aws_db_parameter_group" "this" {
  name_prefix = "${local.identifier}-"
  family      = "postgres${var.postgres_major}"
  description = "RUPAYA: TLS alone, and no person's data in the server's log"

  parameter {
    name  = "rds.force_ssl"
    value = "1"
  }

  parameter {
    name  = "password_encryption"
    value = "scram-sha-256"
  }

  parameter {
    name         = "shared_preload_libraries"
    value        = "pg_stat_statements"
    apply_method = "pending-reboot"
  }

  parameter {
    name  = "log_statement"
    value = "ddl"
  }

  parameter {
    name  = "log_connections"
    value = "1"
  }

  parameter {
    name  = "log_lock_waits"
    value = "1"
  }

  # Statements arrive with their values in them, and a refusal quotes the row: the application logs slow statements
  # itself, without values, and pg_stat_statements keeps their shapes.
  parameter {
    name  = "log_min_duration_statement"
    value = "-1"
  }

  parameter {
    name  = "log_min_error_statement"
    value = "panic"
  }

  parameter {
    name  = "log_error_verbosity"
    value = "terse"
  }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_db_instance" "this" {
  # checkov:skip=CKV_AWS_157:Staging keeps it smaller; a test holds production to it.
  # checkov:skip=CKV2_AWS_30:Logged statements would carry people's amounts and names; see the parameter group.
  identifier     = local.identifier
  engine         = "postgres"
  engine_version = var.postgres_major # the newest minor version of it
  instance_class = var.instance_class
  multi_az       = var.is_multi_az

  db_name                             = "rupaya"
  username                            = "rupaya_admin"
  manage_master_user_password         = true # made, kept and rotated by RDS; nobody types it
  master_user_secret_kms_key_id       = var.kms_key_arn
  iam_database_authentication_enabled = true

  storage_type          = "gp3"
  allocated_storage     = var.storage_gib
  max_allocated_storage = var.storage_max_gib
  storage_encrypted     = true
  kms_key_id            = var.kms_key_arn

  db_subnet_group_name   = aws_db_subnet_group.this.name
  vpc_security_group_ids = [aws_security_group.database.id]
  publicly_accessible    = false
  parameter_group_name   = aws_db_parameter_group.this.name
  ca_cert_identifier     = "rds-ca-rsa2048-g1"

  # With backups on, any moment up to five minutes ago can be gone back to.
  backup_retention_period   = var.backup_retention_days
  backup_window             = "20:30-21:30" # UTC: 02:00 in India
  maintenance_window        = "sun:21:45-sun:22:45"
  copy_tags_to_snapshot     = true
  delete_automated_backups  = false
  deletion_protection       = true
  skip_final_snapshot       = false
  final_snapshot_identifier = "${local.identifier}-final"

  auto_minor_version_upgrade      = true
  allow_major_version_upgrade     = false
  apply_immediately               = false
  enabled_cloudwatch_logs_exports = ["postgresql", "upgrade", "iam-db-auth-error"]
  monitoring_interval             = 60
  monitoring_role_arn             = aws_iam_role.monitoring.arn
  performance_insights_enabled    = true
  performance_insights_kms_key_id = var.kms_key_arn

  depends_on = [aws_cloudwatch_log_group.exports]
}

# Made before RDS makes them, which would keep them for ever and in the clear.
resource "aws_cloudwatch_log_group" "exports" {
  # checkov:skip=CKV_AWS_338:Staging keeps it smaller; a test holds production to it.
  for_each = toset(["postgresql", "upgrade", "iam-db-auth-error"])

  name              = "/aws/rds/instance/${local.identifier}/${each.value}"
  retention_in_days = var.log_retention_days
  kms_key_id        = var.kms_key_arn
}

resource "aws_iam_role" "monitoring" {
  name = "${local.identifier}-monitoring"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "monitoring.rds.amazonaws.com" }
      Action    = "sts:AssumeRole"
      Condition = { StringEquals = { "aws:SourceAccount" = var.account_id } }
    }]
  })
}

resource "aws_iam_role_policy_attachment" "monitoring" {
  role       = aws_iam_role.monitoring.name
  policy_arn = "arn:aws:iam::aws:policy/service-role/AmazonRDSEnhancedMonitoringRole"
}
