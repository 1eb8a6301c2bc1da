# What only the database knows comes by the log: each minute a periodic job writes one line with the figures that
# /metrics has too: {"event": "gauges.measured", "rupaya_queue_jobs_todo": 3, "rupaya_queue_oldest_seconds": 0.4, …}

locals {
  namespace = "Rupaya"

  figures = {
    QueueJobsDue          = { field = "rupaya_queue_jobs_todo", unit = "Count" }
    QueueOldestSeconds    = { field = "rupaya_queue_oldest_seconds", unit = "Seconds" }
    AuditSealLagSeconds   = { field = "rupaya_audit_unsealed_seconds", unit = "Seconds" }
    AuditAnchorLagSeconds = { field = "rupaya_audit_unanchored_seconds", unit = "Seconds" }
    LedgerDifferences     = { field = "rupaya_check_differences_ledger", unit = "Count" }
  }
}

resource "aws_cloudwatch_log_metric_filter" "figure" {
  for_each = local.figures

  name           = "${var.name}-${each.key}"
  log_group_name = var.worker_log_group
  pattern        = "{ ($.event = \"gauges.measured\") && ($.${each.value.field} = *) }"

  metric_transformation {
    namespace = local.namespace
    name      = each.key
    value     = "$.${each.value.field}"
    unit      = each.value.unit
  }
}

# The sign of life that the dead man's alarm misses: the line itself, whatever is in it.
resource "aws_cloudwatch_log_metric_filter" "heartbeat" {
  name           = "${var.name}-WorkerHeartbeat"
  log_group_name = var.worker_log_group
  pattern        = "{ $.event = \"gauges.measured\" }"

  metric_transformation {
    namespace = local.namespace
    name      = "WorkerHeartbeat"
    value     = "1"
    unit      = "Count"
  }
}

resource "aws_cloudwatch_metric_alarm" "queue_depth" {
  alarm_name        = "${var.name}-queue-depth-high"
  alarm_description = "More than 500 jobs are due for 10 minutes: the workers do not keep up."

  namespace           = local.namespace
  metric_name         = "QueueJobsDue"
  statistic           = "Maximum"
  period              = 60
  evaluation_periods  = 10
  comparison_operator = "GreaterThanThreshold"
  threshold           = 500
  treat_missing_data  = "ignore" # silence is the dead-man's affair
  alarm_actions       = local.to_the_topic
  ok_actions          = local.to_the_topic
}

resource "aws_cloudwatch_metric_alarm" "queue_age" {
  alarm_name        = "${var.name}-queue-oldest-high"
  alarm_description = "A job is due for more than 10 minutes: it is stuck, or its queue has no worker."

  namespace           = local.namespace
  metric_name         = "QueueOldestSeconds"
  statistic           = "Maximum"
  period              = 60
  evaluation_periods  = 3
  comparison_operator = "GreaterThanThreshold"
  threshold           = 600
  treat_missing_data  = "ignore"
  alarm_actions       = local.to_the_topic
  ok_actions          = local.to_the_topic
}

resource "aws_cloudwatch_metric_alarm" "seal_lag" {
  alarm_name        = "${var.name}-audit-seal-lag-high"
  alarm_description = "Entries of the audit log are unsealed for more than 10 minutes; they are sealed each minute."

  namespace           = local.namespace
  metric_name         = "AuditSealLagSeconds"
  statistic           = "Maximum"
  period              = 60
  evaluation_periods  = 3
  comparison_operator = "GreaterThanThreshold"
  threshold           = 600
  treat_missing_data  = "ignore"
  alarm_actions       = local.to_the_topic
  ok_actions          = local.to_the_topic
}

resource "aws_cloudwatch_metric_alarm" "anchor_lag" {
  alarm_name        = "${var.name}-audit-anchor-lag-high"
  alarm_description = "A sealed head of the audit log is not in its bucket for more than an hour."

  namespace           = local.namespace
  metric_name         = "AuditAnchorLagSeconds"
  statistic           = "Maximum"
  period              = 60
  evaluation_periods  = 3
  comparison_operator = "GreaterThanThreshold"
  threshold           = 3600
  treat_missing_data  = "ignore"
  alarm_actions       = local.to_the_topic
  ok_actions          = local.to_the_topic
}

resource "aws_cloudwatch_metric_alarm" "dead_man" {
  alarm_name        = "${var.name}-worker-silent"
  alarm_description = "No sign of life from the worker for 5 minutes: nothing is sealed, mailed or tidied up."

  namespace           = local.namespace
  metric_name         = "WorkerHeartbeat"
  statistic           = "Sum"
  period              = 60
  evaluation_periods  = 5
  comparison_operator = "LessThanThreshold"
  threshold           = 1
  treat_missing_data  = "breaching"
  alarm_actions       = local.to_the_topic
  ok_actions          = local.to_the_topic
}

resource "aws_cloudwatch_metric_alarm" "ledger_differences" {
  alarm_name        = "${var.name}-ledger-differs"
  alarm_description = "verify_ledger found a promise of the ledger that does not hold. It says which: manage.py verify_ledger."

  namespace           = local.namespace
  metric_name         = "LedgerDifferences"
  statistic           = "Maximum"
  period              = 60
  evaluation_periods  = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  treat_missing_data  = "ignore"
  alarm_actions       = local.to_the_topic
  ok_actions          = local.to_the_topic
}
