# What is refused before a task sees it. The application has limits of its own, for people and routes; the rate here
# is for floods, and high, because whole towns share one address with a mobile network.

locals {
  # Group, and those of its rules that only count: a statement or a photograph is larger than 8 KiB, and a
  # payee's name or a bank's text may look like a query or a script; both are harmless to the application.
  managed_rules = [
    { name = "AWSManagedRulesAmazonIpReputationList", counted = [] },
    { name = "AWSManagedRulesKnownBadInputsRuleSet", counted = [] },
    { name = "AWSManagedRulesCommonRuleSet", counted = ["SizeRestrictions_BODY", "CrossSiteScripting_BODY"] },
    { name = "AWSManagedRulesSQLiRuleSet", counted = ["SQLi_BODY"] },
  ]
}

resource "aws_wafv2_web_acl" "this" {
  name  = var.name
  scope = "REGIONAL"

  default_action {
    allow {}
  }

  dynamic "rule" {
    for_each = local.managed_rules

    content {
      name     = rule.value.name
      priority = rule.key

      override_action {
        none {}
      }

      statement {
        managed_rule_group_statement {
          vendor_name = "AWS"
          name        = rule.value.name

          dynamic "rule_action_override" {
            for_each = rule.value.counted

            content {
              name = rule_action_override.value

              action_to_use {
                count {}
              }
            }
          }
        }
      }

      visibility_config {
        metric_name                = rule.value.name
        cloudwatch_metrics_enabled = true
        sampled_requests_enabled   = false # samples would keep people's requests
      }
    }
  }

  rule {
    name     = "flood"
    priority = 10

    action {
      block {}
    }

    statement {
      rate_based_statement {
        aggregate_key_type    = "IP"
        evaluation_window_sec = 300
        limit                 = var.flood_requests
      }
    }

    visibility_config {
      metric_name                = "flood"
      cloudwatch_metrics_enabled = true
      sampled_requests_enabled   = false
    }
  }

  visibility_config {
    metric_name                = var.name
    cloudwatch_metrics_enabled = true
    sampled_requests_enabled   = false
  }
}

resource "aws_wafv2_web_acl_association" "this" {
  resource_arn = aws_lb.this.arn
  web_acl_arn  = aws_wafv2_web_acl.this.arn
}

resource "aws_wafv2_web_acl_logging_configuration" "this" {
  resource_arn            = aws_wafv2_web_acl.this.arn
  log_destination_configs = [aws_cloudwatch_log_group.firewall.arn]

  redacted_fields {
    single_header {
      name = "authorization"
    }
  }

  redacted_fields {
    single_header {
      name = "cookie"
    }
  }

  redacted_fields {
    query_string {}
  }

  # Only what was stopped or counted is worth its price.
  logging_filter {
    default_behavior = "DROP"

    filter {
      behavior    = "KEEP"
      requirement = "MEETS_ANY"

      condition {
        action_condition {
          action = "BLOCK"
        }
      }

      condition {
        action_condition {
          action = "COUNT"
        }
      }
    }
  }
}

resource "aws_cloudwatch_log_group" "firewall" {
  # checkov:skip=CKV_AWS_338:Staging keeps it smaller; a test holds production to it.
  name              = "aws-waf-logs-${var.name}" # the firewall writes only to groups of this name
  retention_in_days = var.log_retention_days
  kms_key_id        = var.kms_key_arn
}
