output "role_arns" {
  description = "What the workflows take on: build, and deploy."
  value       = { for key, role in aws_iam_role.this : key => role.arn }
}
