output "identifier" {
  description = "The instance's name, by which alarms know it."
  value       = aws_db_instance.this.identifier
}

output "address" {
  description = "Host and port."
  value       = aws_db_instance.this.endpoint
}

output "replica_url" {
  description = "What DATABASE_REPLICA_URL is; '' where there is no replica. Role, password and database are the instance's."
  value       = try("postgresql://${aws_db_instance.replica[0].endpoint}", "")
}

output "master_secret_arn" {
  description = "Where RDS keeps the administrator's password."
  value       = aws_db_instance.this.master_user_secret[0].secret_arn
}

output "user_secret_arn" {
  description = "Holds DATABASE_URL, of web and worker."
  value       = aws_secretsmanager_secret.user["rupaya_user"].arn
}

output "sealer_secret_arn" {
  description = "Holds DATABASE_SEALER_URL, of the worker alone."
  value       = aws_secretsmanager_secret.user["rupaya_sealer"].arn
}

output "backup_secret_arn" {
  description = "Holds BACKUP_DATABASE_URL, for whoever makes a backup; no task of ours."
  value       = aws_secretsmanager_secret.user["rupaya_backup"].arn
}

output "owner_secret_arn" {
  description = "Holds DATABASE_OWNER_URL, for migrations alone."
  value       = aws_secretsmanager_secret.user["rupaya_owner"].arn
}
