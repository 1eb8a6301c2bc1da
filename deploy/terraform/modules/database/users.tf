# The four roles' addresses. Terraform makes each password in memory and writes it to its secret alone: it is in no state
# and no plan. deploy/postgres/init.sql gives the roles these passwords (deploy/README.md).

locals {
  users = {
    rupaya_user   = { variable = "DATABASE_URL", what = "Web and worker: below row-level security" }
    rupaya_sealer = { variable = "DATABASE_SEALER_URL", what = "The worker where it seals the audit log" }
    rupaya_owner  = { variable = "DATABASE_OWNER_URL", what = "Migrations and verify_ledger: the schema's owner" }
    rupaya_backup = { variable = "BACKUP_DATABASE_URL", what = "Who dumps: reads every row, writes none; no task holds it" }
  }
}

ephemeral "aws_secretsmanager_random_password" "user" {
  for_each = local.users

  password_length     = 48
  exclude_punctuation = true # it stands in a URL
}

resource "aws_secretsmanager_secret" "user" {
  # checkov:skip=CKV2_AWS_57:The role in the database must change with it: password_version, then init.sql (deploy/README.md).
  for_each = local.users

  name                    = "${var.name}/database/${each.key}"
  description             = each.value.what
  kms_key_id              = var.kms_key_arn
  recovery_window_in_days = 30
}

resource "aws_secretsmanager_secret_version" "user" {
  for_each = local.users

  secret_id = aws_secretsmanager_secret.user[each.key].id
  secret_string_wo = jsonencode({
    (each.value.variable) = join("", [
      "postgresql://", each.key, ":", ephemeral.aws_secretsmanager_random_password.user[each.key].random_password,
      "@", aws_db_instance.this.endpoint, "/", aws_db_instance.this.db_name,
    ])
  })
  secret_string_wo_version = var.password_version
}
