# Whom alarms tell. Each person confirms a mail once.

resource "aws_sns_topic" "alarms" {
  name              = "${var.name}-alarms"
  kms_master_key_id = var.kms_key_arn
}

resource "aws_sns_topic_policy" "alarms" {
  arn = aws_sns_topic.alarms.arn

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "AlarmsOfThisAccount"
      Effect    = "Allow"
      Principal = { Service = "cloudwatch.amazonaws.com" }
      Action    = "sns:Publish"
      Resource  = aws_sns_topic.alarms.arn
      Condition = { StringEquals = { "aws:SourceAccount" = var.account_id } }
    }]
  })
}

resource "aws_sns_topic_subscription" "mail" {
  for_each = var.alarm_mails

  topic_arn = aws_sns_topic.alarms.arn
  protocol  = "email"
  endpoint  = each.value
}

locals {
  to_the_topic  = [aws_sns_topic.alarms.arn]
  load_balancer = { LoadBalancer = var.load_balancer_suffix }
  web_targets   = { LoadBalancer = var.load_balancer_suffix, TargetGroup = var.target_group_suffix }
  database      = { DBInstanceIdentifier = var.database_identifier }
}
