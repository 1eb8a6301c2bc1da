# A metric of the load balancer exists from its first request on and only while there is traffic: no traffic is no error.

resource "aws_cloudwatch_metric_alarm" "error_rate" {
  alarm_name        = "${var.name}-api-error-rate-high"
  alarm_description = "More than 10 answers in 5 minutes were 5xx. See the log of ${var.name}-backend: level = error."

  namespace           = "AWS/ApplicationELB"
  metric_name         = "HTTPCode_Target_5XX_Count"
  dimensions          = local.web_targets
  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 2
  comparison_operator = "GreaterThanThreshold"
  threshold           = 10
  treat_missing_data  = "notBreaching"
  alarm_actions       = local.to_the_topic
  ok_actions          = local.to_the_topic
}

resource "aws_cloudwatch_metric_alarm" "response_time" {
  alarm_name        = "${var.name}-api-response-time-high"
  alarm_description = "Answers took more than 1 s on average for 3 minutes. See the dashboard: database CPU, connections."

  namespace           = "AWS/ApplicationELB"
  metric_name         = "TargetResponseTime"
  dimensions          = local.load_balancer
  statistic           = "Average"
  period              = 60
  evaluation_periods  = 3
  comparison_operator = "GreaterThanThreshold"
  threshold           = 1.0
  treat_missing_data  = "notBreaching"
  alarm_actions       = local.to_the_topic
  ok_actions          = local.to_the_topic
}

resource "aws_cloudwatch_metric_alarm" "response_time_p95" {
  alarm_name        = "${var.name}-api-response-time-p95-high"
  alarm_description = "One answer in twenty took more than 2 s for 5 minutes: an average hides them."

  namespace           = "AWS/ApplicationELB"
  metric_name         = "TargetResponseTime"
  dimensions          = local.load_balancer
  extended_statistic  = "p95"
  period              = 60
  evaluation_periods  = 5
  comparison_operator = "GreaterThanThreshold"
  threshold           = 2.0
  treat_missing_data  = "notBreaching"
  # At night a single slow report would be one in twenty.
  evaluate_low_sample_count_percentiles = "ignore"
  alarm_actions                         = local.to_the_topic
  ok_actions                            = local.to_the_topic
}

# Both kinds of 5xx: of the tasks, and of the load balancer that found none.
resource "aws_cloudwatch_metric_alarm" "error_ratio" {
  alarm_name        = "${var.name}-api-5xx-ratio-high"
  alarm_description = "More than 1 % of answers were 5xx, of at least 100 requests in 5 minutes, twice."

  evaluation_periods  = 2
  comparison_operator = "GreaterThanThreshold"
  threshold           = 1
  treat_missing_data  = "notBreaching"
  alarm_actions       = local.to_the_topic
  ok_actions          = local.to_the_topic

  metric_query {
    id          = "ratio"
    label       = "5xx, % of requests"
    expression  = "IF(requests >= 100, 100 * (FILL(of_targets, 0) + FILL(of_balancer, 0)) / requests, 0)"
    return_data = true
  }

  metric_query {
    id = "of_targets"

    metric {
      namespace   = "AWS/ApplicationELB"
      metric_name = "HTTPCode_Target_5XX_Count"
      dimensions  = local.load_balancer
      stat        = "Sum"
      period      = 300
    }
  }

  metric_query {
    id = "of_balancer"

    metric {
      namespace   = "AWS/ApplicationELB"
      metric_name = "HTTPCode_ELB_5XX_Count"
      dimensions  = local.load_balancer
      stat        = "Sum"
      period      = 300
    }
  }

  metric_query {
    id = "requests"

    metric {
      namespace   = "AWS/ApplicationELB"
      metric_name = "RequestCount"
      dimensions  = local.load_balancer
      stat        = "Sum"
      period      = 300
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "no_target" {
  alarm_name        = "${var.name}-api-no-healthy-task"
  alarm_description = "No web task is ready. See /health/ready: database, cache, migrations."

  namespace           = "AWS/ApplicationELB"
  metric_name         = "HealthyHostCount"
  dimensions          = local.web_targets
  statistic           = "Minimum"
  period              = 60
  evaluation_periods  = 2
  comparison_operator = "LessThanThreshold"
  threshold           = 1
  treat_missing_data  = "breaching" # it is told every minute, traffic or none
  alarm_actions       = local.to_the_topic
  ok_actions          = local.to_the_topic
}
