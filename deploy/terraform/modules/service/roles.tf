# Execution roles fetch the image and the secrets before a task starts; task roles are what its code may do.

locals {
  trust_of_tasks = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "ecs-tasks.amazonaws.com" }
      Action    = "sts:AssumeRole"
      Condition = { StringEquals = { "aws:SourceAccount" = var.account_id } }
    }]
  })

  shared_secret_arns = [var.application_secret_arn, var.user_secret_arn, var.cache_secret_arn]
  # Only the worker's may fetch what seals the audit log, and only the migration's the schema owner's password.
  execution_secrets = {
    web     = local.shared_secret_arns
    worker  = concat(local.shared_secret_arns, [var.audit_secret_arn, var.sealer_secret_arn])
    migrate = concat(local.shared_secret_arns, [var.owner_secret_arn])
  }
}

resource "aws_iam_role" "execution" {
  for_each = local.execution_secrets

  name               = "${var.name}-execution-${each.key}"
  assume_role_policy = local.trust_of_tasks
}

resource "aws_iam_role_policy" "execution" {
  # checkov:skip=CKV_AWS_355:GetAuthorizationToken knows no resource.
  for_each = local.execution_secrets

  name = "start-tasks"
  role = aws_iam_role.execution[each.key].id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Sid = "Login", Effect = "Allow", Action = "ecr:GetAuthorizationToken", Resource = "*" },
      {
        Sid      = "Image"
        Effect   = "Allow"
        Action   = ["ecr:BatchCheckLayerAvailability", "ecr:GetDownloadUrlForLayer", "ecr:BatchGetImage"]
        Resource = var.repository_arn
      },
      {
        Sid      = "Logs"
        Effect   = "Allow"
        Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
        Resource = "${aws_cloudwatch_log_group.task[each.key].arn}:*"
      },
      { Sid = "Secrets", Effect = "Allow", Action = "secretsmanager:GetSecretValue", Resource = each.value },
      {
        Sid       = "Key"
        Effect    = "Allow"
        Action    = "kms:Decrypt"
        Resource  = var.kms_key_arn
        Condition = { StringEquals = { "kms:ViaService" = "secretsmanager.${var.region}.amazonaws.com" } }
      },
    ]
  })
}

resource "aws_iam_role" "task" {
  for_each = local.families

  name               = "${var.name}-task-${each.key}"
  assume_role_policy = local.trust_of_tasks
}

locals {
  media_statements = [
    {
      Sid      = "Media"
      Effect   = "Allow"
      Action   = ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"]
      Resource = "${var.media_bucket_arn}/*"
    },
    { Sid = "MediaList", Effect = "Allow", Action = "s3:ListBucket", Resource = var.media_bucket_arn },
  ]
  anchor_statements = [
    {
      Sid      = "Anchor"
      Effect   = "Allow"
      Action   = ["s3:PutObject", "s3:PutObjectRetention", "s3:GetObject", "s3:GetObjectRetention"]
      Resource = "${var.anchor_bucket_arn}/*"
    },
    {
      Sid      = "AnchorList"
      Effect   = "Allow"
      Action   = ["s3:ListBucket", "s3:GetBucketObjectLockConfiguration"]
      Resource = var.anchor_bucket_arn
    },
  ]
  bucket_key_statement = {
    Sid       = "BucketKey"
    Effect    = "Allow"
    Action    = ["kms:Decrypt", "kms:GenerateDataKey"]
    Resource  = var.kms_key_arn
    Condition = { StringEquals = { "kms:ViaService" = "s3.${var.region}.amazonaws.com" } }
  }
  shell_statements = [
    {
      # The channels of `ops shell` have no resource of their own.
      Sid    = "Shell"
      Effect = "Allow"
      Action = [
        "ssmmessages:CreateControlChannel", "ssmmessages:CreateDataChannel",
        "ssmmessages:OpenControlChannel", "ssmmessages:OpenDataChannel",
      ]
      Resource = "*"
    },
    { Sid = "ShellGroups", Effect = "Allow", Action = "logs:DescribeLogGroups", Resource = "*" },
    {
      Sid      = "ShellLog"
      Effect   = "Allow"
      Action   = ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"]
      Resource = "${aws_cloudwatch_log_group.shell.arn}:*"
    },
    { Sid = "ShellKey", Effect = "Allow", Action = "kms:Decrypt", Resource = var.kms_key_arn },
  ]
}

resource "aws_iam_role_policy" "web" {
  # checkov:skip=CKV_AWS_290:The shell's channels know no resource.
  # checkov:skip=CKV_AWS_355:The shell's channels know no resource.
  name = "what-web-does"
  role = aws_iam_role.task["web"].id

  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = concat(local.media_statements, [local.bucket_key_statement], local.shell_statements)
  })
}

resource "aws_iam_role_policy" "worker" {
  # checkov:skip=CKV_AWS_290:The shell's channels know no resource.
  # checkov:skip=CKV_AWS_355:The shell's channels know no resource.
  name = "what-worker-does"
  role = aws_iam_role.task["worker"].id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      local.media_statements, local.anchor_statements, [local.bucket_key_statement], local.shell_statements,
    )
  })
}
