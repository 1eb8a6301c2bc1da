output "application_arn" {
  description = "The secret of all tasks."
  value       = aws_secretsmanager_secret.this["application"].arn
}

output "audit_arn" {
  description = "The secret of the audit log's seals."
  value       = aws_secretsmanager_secret.this["audit"].arn
}
