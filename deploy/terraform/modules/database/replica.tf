# A streaming replica that reports are read from, where one is asked for (docs/SCALING.md). It has the roles and passwords
# of the instance, takes over from nobody, and holds nothing that the instance has not: so it may go at any time.

locals {
  replica = "${local.identifier}-replica"
}

resource "aws_db_instance" "replica" {
  # checkov:skip=CKV_AWS_157:Where it is away the instance answers in its place.
  # checkov:skip=CKV_AWS_293:It holds nothing of its own.
  # checkov:skip=CKV_AWS_133:Backups are the instance's.
  # checkov:skip=CKV2_AWS_30:Logged statements would carry people's amounts and names; see the parameter group.
  count = var.replica_count

  identifier          = local.replica
  replicate_source_db = aws_db_instance.this.identifier
  instance_class      = var.instance_class

  iam_database_authentication_enabled = true

  storage_type          = "gp3"
  max_allocated_storage = var.storage_max_gib
  storage_encrypted     = true # with the instance's key

  vpc_security_group_ids = [aws_security_group.database.id]
  publicly_accessible    = false
  parameter_group_name   = aws_db_parameter_group.this.name
  ca_cert_identifier     = "rds-ca-rsa2048-g1"

  backup_retention_period = 0
  maintenance_window      = "sun:23:00-sun:23:59" # UTC, after the instance's
  copy_tags_to_snapshot   = true
  skip_final_snapshot     = true

  auto_minor_version_upgrade      = true
  apply_immediately               = false
  enabled_cloudwatch_logs_exports = ["postgresql", "upgrade", "iam-db-auth-error"]
  monitoring_interval             = 60
  monitoring_role_arn             = aws_iam_role.monitoring.arn
  performance_insights_enabled    = true
  performance_insights_kms_key_id = var.kms_key_arn

  depends_on = [aws_cloudwatch_log_group.replica_exports]
}

resource "aws_cloudwatch_log_group" "replica_exports" {
  # checkov:skip=CKV_AWS_338:Staging keeps it smaller; a test holds production to it.
  for_each = var.replica_count == 0 ? toset([]) : toset(["postgresql", "upgrade", "iam-db-auth-error"])

  name              = "/aws/rds/instance/${local.replica}/${each.value}"
  retention_in_days = var.log_retention_days
  kms_key_id        = var.kms_key_arn
}
