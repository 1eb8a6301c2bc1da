resource "aws_cloudwatch_metric_alarm" "database_cpu" {
  alarm_name        = "${var.name}-db-cpu-high"
  alarm_description = "The database was busier than 80 % for 10 minutes. See Performance Insights."

  namespace           = "AWS/RDS"
  metric_name         = "CPUUtilization"
  dimensions          = local.database
  statistic           = "Average"
  period              = 300
  evaluation_periods  = 2
  comparison_operator = "GreaterThanThreshold"
  threshold           = 80
  treat_missing_data  = "missing"
  alarm_actions       = local.to_the_topic
  ok_actions          = local.to_the_topic
}

resource "aws_cloudwatch_metric_alarm" "database_connections" {
  alarm_name        = "${var.name}-db-connections-high"
  alarm_description = "More than 80 connections: more than all tasks may hold together."

  namespace           = "AWS/RDS"
  metric_name         = "DatabaseConnections"
  dimensions          = local.database
  statistic           = "Average"
  period              = 60
  evaluation_periods  = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = 80
  treat_missing_data  = "missing"
  alarm_actions       = local.to_the_topic
  ok_actions          = local.to_the_topic
}

resource "aws_cloudwatch_metric_alarm" "database_storage" {
  alarm_name        = "${var.name}-db-storage-low"
  alarm_description = "Less than 10 GiB are free: growing by itself has come to its end, or does not keep up."

  namespace           = "AWS/RDS"
  metric_name         = "FreeStorageSpace"
  dimensions          = local.database
  statistic           = "Minimum"
  period              = 300
  evaluation_periods  = 1
  comparison_operator = "LessThanThreshold"
  threshold           = 10 * 1024 * 1024 * 1024 # bytes
  treat_missing_data  = "missing"
  alarm_actions       = local.to_the_topic
  ok_actions          = local.to_the_topic
}

resource "aws_cloudwatch_metric_alarm" "cache_memory" {
  alarm_name        = "${var.name}-cache-memory-high"
  alarm_description = "Valkey is fuller than 80 %: soon it forgets counters of limits."

  namespace           = "AWS/ElastiCache"
  metric_name         = "DatabaseMemoryUsagePercentage"
  dimensions          = { CacheClusterId = var.cache_node_id }
  statistic           = "Average"
  period              = 300
  evaluation_periods  = 2
  comparison_operator = "GreaterThanThreshold"
  threshold           = 80
  treat_missing_data  = "missing"
  alarm_actions       = local.to_the_topic
  ok_actions          = local.to_the_topic
}
