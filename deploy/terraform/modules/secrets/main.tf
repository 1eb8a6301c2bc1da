# Where the application's own secrets lie. Terraform makes the places and never sees the values: an operator puts them
# there once (deploy/README.md), so that no state file and no plan holds them.

locals {
  secrets = {
    application = { names = var.application_names, who = "web, worker and migrations" }
    audit       = { names = var.audit_names, who = "the worker alone" }
  }
}

resource "aws_secretsmanager_secret" "this" {
  # checkov:skip=CKV2_AWS_57:Changing the JWT keys signs everybody out and the audit key closes a chapter: people decide when.
  for_each = local.secrets

  name                    = "${var.name}/${each.key}"
  description             = "One JSON object for ${each.value.who}: ${join(", ", each.value.names)}"
  kms_key_id              = var.kms_key_arn
  recovery_window_in_days = 30
}
