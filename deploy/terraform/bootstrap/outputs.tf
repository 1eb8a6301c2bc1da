output "bucket" {
  description = "For backend.hcl."
  value       = aws_s3_bucket.state.bucket
}

output "kms_key_arn" {
  description = "For backend.hcl."
  value       = aws_kms_key.state.arn
}
