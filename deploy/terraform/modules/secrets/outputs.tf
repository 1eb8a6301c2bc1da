output "arn" {
  description = "The secret's ARN."
  value       = aws_secretsmanager_secret.application.arn
}
