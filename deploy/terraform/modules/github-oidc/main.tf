# Who may push images and release: workflows of one repository, for minutes, without a key that could be lost.

locals {
  issuer = "token.actions.githubusercontent.com"

  # build: any of the named branches; deploy: only a job that runs in the environment, whose reviewers GitHub asks.
  subjects = {
    build  = [for branch in var.build_branches : "repo:${var.repository}:ref:refs/heads/${branch}"]
    deploy = ["repo:${var.repository}:environment:${var.environment}"]
  }
}

resource "aws_iam_openid_connect_provider" "github" {
  url            = "https://${local.issuer}"
  client_id_list = ["sts.amazonaws.com"]
}

resource "aws_iam_role" "this" {
  for_each = local.subjects

  name                 = "${var.name}-github-${each.key}"
  max_session_duration = 3600

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Federated = aws_iam_openid_connect_provider.github.arn }
      Action    = "sts:AssumeRoleWithWebIdentity"
      Condition = {
        StringEquals = {
          "${local.issuer}:aud" = "sts.amazonaws.com"
          "${local.issuer}:sub" = each.value
        }
      }
    }]
  })
}

resource "aws_iam_role_policy" "build" {
  # checkov:skip=CKV_AWS_355:GetAuthorizationToken knows no resource.
  name = "push-images"
  role = aws_iam_role.this["build"].id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Sid = "Login", Effect = "Allow", Action = "ecr:GetAuthorizationToken", Resource = "*" },
      {
        Sid    = "Push"
        Effect = "Allow"
        Action = [
          "ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:CompleteLayerUpload", "ecr:DescribeImages",
          "ecr:GetDownloadUrlForLayer", "ecr:InitiateLayerUpload", "ecr:PutImage", "ecr:UploadLayerPart",
        ]
        Resource = var.repository_arn
      },
    ]
  })
}

resource "aws_iam_role_policy" "deploy" {
  # checkov:skip=CKV_AWS_290:Describing and registering task definitions know no resource.
  # checkov:skip=CKV_AWS_355:Describing and registering task definitions know no resource.
  name = "release"
  role = aws_iam_role.this["deploy"].id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid    = "Definitions"
        Effect = "Allow"
        Action = [
          "ecs:DescribeTaskDefinition", "ecs:ListTaskDefinitions", "ecs:RegisterTaskDefinition",
          "ecs:TagResource",
        ]
        Resource = "*"
      },
      {
        Sid      = "Services"
        Effect   = "Allow"
        Action   = ["ecs:DescribeServices", "ecs:UpdateService"]
        Resource = var.service_arns
      },
      {
        Sid      = "Deployments"
        Effect   = "Allow"
        Action   = ["ecs:ListServiceDeployments", "ecs:DescribeServiceDeployments"]
        Resource = "*"
      },
      {
        Sid       = "Migrate"
        Effect    = "Allow"
        Action    = "ecs:RunTask"
        Resource  = "arn:aws:ecs:${var.region}:${var.account_id}:task-definition/${var.name}-migrate:*"
        Condition = { ArnEquals = { "ecs:cluster" = var.cluster_arn } }
      },
      {
        Sid       = "WaitForMigrate"
        Effect    = "Allow"
        Action    = ["ecs:DescribeTasks", "ecs:ListTasks"]
        Resource  = "*"
        Condition = { ArnEquals = { "ecs:cluster" = var.cluster_arn } }
      },
      {
        Sid       = "GiveTasksTheirRoles"
        Effect    = "Allow"
        Action    = "iam:PassRole"
        Resource  = var.task_role_arns
        Condition = { StringEquals = { "iam:PassedToService" = "ecs-tasks.amazonaws.com" } }
      },
      {
        Sid      = "ReadWhyItFailed"
        Effect   = "Allow"
        Action   = ["logs:GetLogEvents", "logs:FilterLogEvents"]
        Resource = [for arn in var.log_group_arns : "${arn}:*"]
      },
    ]
  })
}
