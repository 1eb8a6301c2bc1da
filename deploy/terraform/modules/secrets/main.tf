# Where the application's own secrets lie. Terraform makes the place and never sees the values: an operator puts them
# there once (deploy/README.md), so that no state file and no plan holds them.

resource "aws_secretsmanager_secret" "application" {
  # checkov:skip=CKV2_AWS_57:Changing the JWT keys signs everybody out and the audit key closes a chapter: people decide when.
  name                    = "${var.name}/application"
  description             = "One JSON object: ${join(", ", var.names)}"
  kms_key_id              = var.kms_key_arn
  recovery_window_in_days = 30
}
