output "repository_arn" {
  description = "The repository's ARN."
  value       = aws_ecr_repository.backend.arn
}

output "repository_url" {
  description = "What images are pushed to."
  value       = aws_ecr_repository.backend.repository_url
}
