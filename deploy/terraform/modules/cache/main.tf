# Valkey: counters of limits and what may be lost. TLS and a password; the password is in no state and no plan.

resource "aws_elasticache_subnet_group" "this" {
  name       = "${var.name}-cache"
  subnet_ids = var.subnet_ids
}

resource "aws_security_group" "cache" {
  name        = "${var.name}-cache"
  description = "Valkey, for tasks alone"
  vpc_id      = var.vpc_id

  tags = { Name = "${var.name}-cache" }
}

resource "aws_vpc_security_group_ingress_rule" "from_workload" {
  security_group_id            = aws_security_group.cache.id
  description                  = "The tasks"
  ip_protocol                  = "tcp"
  from_port                    = 6379
  to_port                      = 6379
  referenced_security_group_id = var.workload_security_group_id
}

resource "aws_vpc_security_group_egress_rule" "workload_to_cache" {
  security_group_id            = var.workload_security_group_id
  description                  = "Valkey"
  ip_protocol                  = "tcp"
  from_port                    = 6379
  to_port                      = 6379
  referenced_security_group_id = aws_security_group.cache.id
}

resource "aws_elasticache_replication_group" "this" {
  # checkov:skip=CKV_AWS_31:The password is auth_token_wo, which it does not know.
  # checkov:skip=CKV2_AWS_50:Staging keeps it smaller; a test holds production to it.
  replication_group_id = "${var.name}-cache"
  description          = "RUPAYA: limits and short-lived figures"
  engine               = "valkey"
  engine_version       = "8.0"
  node_type            = var.node_type
  port                 = 6379
  parameter_group_name = "default.valkey8" # full, it forgets what was not used for long, of what would expire anyway

  num_cache_clusters         = var.node_count
  automatic_failover_enabled = var.node_count > 1
  multi_az_enabled           = var.node_count > 1
  subnet_group_name          = aws_elasticache_subnet_group.this.name
  security_group_ids         = [aws_security_group.cache.id]

  at_rest_encryption_enabled = true
  kms_key_id                 = var.kms_key_arn
  transit_encryption_enabled = true
  transit_encryption_mode    = "required"
  # What the secret holds, read back: a password made anew at each run would be another than the one in the secret.
  auth_token_wo         = jsondecode(ephemeral.aws_secretsmanager_secret_version.token.secret_string)["token"]
  auth_token_wo_version = var.password_version

  snapshot_retention_limit   = 1
  snapshot_window            = "20:00-21:00"
  maintenance_window         = "sun:21:30-sun:22:30"
  auto_minor_version_upgrade = true
  apply_immediately          = false

  log_delivery_configuration {
    destination      = aws_cloudwatch_log_group.slow.name
    destination_type = "cloudwatch-logs"
    log_format       = "json"
    log_type         = "slow-log"
  }
}

resource "aws_cloudwatch_log_group" "slow" {
  # checkov:skip=CKV_AWS_338:Staging keeps it smaller; a test holds production to it.
  name              = "/elasticache/${var.name}-cache/slow"
  retention_in_days = var.log_retention_days
  kms_key_id        = var.kms_key_arn
}

# ── The password ─────────────────────────────────────────────────────────────────────────────────
ephemeral "aws_secretsmanager_random_password" "token" {
  password_length     = 64
  exclude_punctuation = true # it stands in a URL
}

resource "aws_secretsmanager_secret" "token" {
  # checkov:skip=CKV2_AWS_57:Raised by password_version, and the service takes the new one with its next release.
  name                    = "${var.name}/cache/token"
  description             = "Valkey's password"
  kms_key_id              = var.kms_key_arn
  recovery_window_in_days = 30
}

resource "aws_secretsmanager_secret_version" "token" {
  secret_id = aws_secretsmanager_secret.token.id
  secret_string_wo = jsonencode({
    token = ephemeral.aws_secretsmanager_random_password.token.random_password
  })
  secret_string_wo_version = var.password_version
}

ephemeral "aws_secretsmanager_secret_version" "token" {
  secret_id = aws_secretsmanager_secret_version.token.secret_id
}

resource "aws_secretsmanager_secret" "url" {
  # checkov:skip=CKV2_AWS_57:It follows the password above.
  name                    = "${var.name}/cache/url"
  description             = "REDIS_URL, of web and worker"
  kms_key_id              = var.kms_key_arn
  recovery_window_in_days = 30
}

resource "aws_secretsmanager_secret_version" "url" {
  secret_id = aws_secretsmanager_secret.url.id
  secret_string_wo = jsonencode({
    REDIS_URL = join("", [
      "rediss://:", jsondecode(ephemeral.aws_secretsmanager_secret_version.token.secret_string)["token"],
      "@", aws_elasticache_replication_group.this.primary_endpoint_address, ":6379/0",
    ])
  })
  secret_string_wo_version = var.password_version
}
