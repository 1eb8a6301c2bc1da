# Three buckets, none of them public: what people attach, the anchored heads of the audit log, and access logs.

locals {
  buckets = {
    media  = "${var.name}-media-${var.environment}-${var.account_id}"
    anchor = "${var.name}-audit-anchor-${var.environment}-${var.account_id}"
    logs   = "${var.name}-access-logs-${var.environment}-${var.account_id}"
  }
  encrypted = { media = aws_s3_bucket.media.id, anchor = aws_s3_bucket.anchor.id }
  all       = merge(local.encrypted, { logs = aws_s3_bucket.logs.id })
}

resource "aws_s3_bucket" "media" {
  # checkov:skip=CKV_AWS_144:One region of India is the promise; versions and the account's backups guard against loss.
  # checkov:skip=CKV2_AWS_62:Nothing reacts to a file: the application writes it and says so itself.
  bucket = local.buckets.media
}

resource "aws_s3_bucket" "anchor" {
  # checkov:skip=CKV_AWS_144:A head is a few hundred bytes that cannot be removed; auditors keep copies of their own.
  # checkov:skip=CKV2_AWS_62:Nothing reacts to a head.
  bucket              = local.buckets.anchor
  object_lock_enabled = true
}

resource "aws_s3_bucket" "logs" {
  # checkov:skip=CKV_AWS_144:Logs of a year, not data.
  # checkov:skip=CKV2_AWS_62:Nothing reacts to a log.
  # checkov:skip=CKV_AWS_18:It is where access is logged.
  # checkov:skip=CKV_AWS_145:The load balancer writes its logs with S3's own key and no other.
  bucket = local.buckets.logs
}

# What an anchored head says can be removed by nobody, the account's owner included, until its time is over.
resource "aws_s3_bucket_object_lock_configuration" "anchor" {
  bucket = aws_s3_bucket.anchor.id

  rule {
    default_retention {
      mode = "COMPLIANCE"
      days = var.anchor_retention_days
    }
  }
}

resource "aws_s3_bucket_versioning" "this" {
  for_each = local.all

  bucket = each.value

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "this" {
  for_each = local.encrypted

  bucket = each.value

  rule {
    bucket_key_enabled = true

    apply_server_side_encryption_by_default {
      sse_algorithm     = "aws:kms"
      kms_master_key_id = var.kms_key_arn
    }
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "logs" {
  bucket = aws_s3_bucket.logs.id

  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm = "AES256"
    }
  }
}

resource "aws_s3_bucket_public_access_block" "this" {
  for_each = local.all

  bucket                  = each.value
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_ownership_controls" "this" {
  for_each = local.all

  bucket = each.value

  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_logging" "this" {
  for_each = local.encrypted

  bucket        = each.value
  target_bucket = aws_s3_bucket.logs.id
  target_prefix = "s3/${each.key}/"

  depends_on = [aws_s3_bucket_policy.logs]
}

resource "aws_s3_bucket_lifecycle_configuration" "media" {
  bucket = aws_s3_bucket.media.id

  rule {
    id     = "what-was-replaced-or-deleted"
    status = "Enabled"

    filter {}

    noncurrent_version_expiration {
      noncurrent_days = 90
    }

    abort_incomplete_multipart_upload {
      days_after_initiation = 7
    }
  }

  rule {
    id     = "seldom-read"
    status = "Enabled"

    filter {}

    transition {
      days          = 90
      storage_class = "INTELLIGENT_TIERING"
    }
  }
}

resource "aws_s3_bucket_lifecycle_configuration" "anchor" {
  bucket = aws_s3_bucket.anchor.id

  rule {
    id     = "unfinished"
    status = "Enabled"

    filter {}

    abort_incomplete_multipart_upload {
      days_after_initiation = 7
    }
  }
}

resource "aws_s3_bucket_lifecycle_configuration" "logs" {
  bucket = aws_s3_bucket.logs.id

  rule {
    id     = "old"
    status = "Enabled"

    filter {}

    expiration {
      days = 400
    }

    noncurrent_version_expiration {
      noncurrent_days = 7
    }

    abort_incomplete_multipart_upload {
      days_after_initiation = 7
    }
  }
}
