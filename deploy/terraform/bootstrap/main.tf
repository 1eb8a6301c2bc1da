# The bucket of the states, made once in each account before everything else. Its own state stays on the operator's
# machine and may be lost: `terraform import` finds the bucket again.

provider "aws" {
  region              = "ap-south-1"
  allowed_account_ids = [var.account_id]

  default_tags {
    tags = { Project = "rupaya", ManagedBy = "terraform" }
  }
}

resource "aws_kms_key" "state" {
  # checkov:skip=CKV2_AWS_64:The default policy is meant: the account decides by its roles.
  description             = "Terraform's states"
  enable_key_rotation     = true
  deletion_window_in_days = 30
}

#trivy:ignore:AWS-0089
resource "aws_s3_bucket" "state" {
  # checkov:skip=CKV_AWS_144:Versions are kept, and what a state says can be imported again.
  # checkov:skip=CKV2_AWS_62:Nothing reacts to a state.
  # checkov:skip=CKV_AWS_18:Who reads the state is in CloudTrail.
  bucket = "rupaya-terraform-state-${var.account_id}"

  lifecycle {
    prevent_destroy = true
  }
}

resource "aws_s3_bucket_versioning" "state" {
  bucket = aws_s3_bucket.state.id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "state" {
  bucket = aws_s3_bucket.state.id

  rule {
    bucket_key_enabled = true

    apply_server_side_encryption_by_default {
      sse_algorithm     = "aws:kms"
      kms_master_key_id = aws_kms_key.state.arn
    }
  }
}

resource "aws_s3_bucket_public_access_block" "state" {
  bucket                  = aws_s3_bucket.state.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_lifecycle_configuration" "state" {
  bucket = aws_s3_bucket.state.id

  rule {
    id     = "old-versions"
    status = "Enabled"

    filter {}

    noncurrent_version_expiration {
      noncurrent_days           = 365
      newer_noncurrent_versions = 50
    }

    abort_incomplete_multipart_upload {
      days_after_initiation = 7
    }
  }
}

resource "aws_s3_bucket_policy" "state" {
  bucket = aws_s3_bucket.state.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "TlsAlone"
      Effect    = "Deny"
      Principal = "*"
      Action    = "s3:*"
      Resource  = [aws_s3_bucket.state.arn, "${aws_s3_bucket.state.arn}/*"]
      Condition = { Bool = { "aws:SecureTransport" = "false" } }
    }]
  })

  depends_on = [aws_s3_bucket_public_access_block.state]
}
