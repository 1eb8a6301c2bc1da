output "media_bucket" {
  description = "AWS_S3_BUCKET: what people attach."
  value       = aws_s3_bucket.media.bucket
}

output "media_bucket_arn" {
  description = "Its ARN."
  value       = aws_s3_bucket.media.arn
}

output "anchor_bucket" {
  description = "AUDIT_ANCHOR_BUCKET: heads of the audit log."
  value       = aws_s3_bucket.anchor.bucket
}

output "anchor_bucket_arn" {
  description = "Its ARN."
  value       = aws_s3_bucket.anchor.arn
}

output "logs_bucket" {
  description = "Where the load balancer writes its log."
  # Not before the policy that lets it.
  value = aws_s3_bucket_policy.logs.bucket
}
