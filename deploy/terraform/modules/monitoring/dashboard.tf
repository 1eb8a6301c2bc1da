locals {
  balancer  = ["LoadBalancer", var.load_balancer_suffix]
  rds       = ["DBInstanceIdentifier", var.database_identifier]
  ecs       = { for key, name in var.services : key => ["ClusterName", var.cluster_name, "ServiceName", name] }
  elb_space = "AWS/ApplicationELB"

  graphs = [
    { title = "Requests", stat = "Sum", metrics = [concat([local.elb_space, "RequestCount"], local.balancer)] },
    {
      title = "5xx", stat = "Sum"
      metrics = [
        concat([local.elb_space, "HTTPCode_Target_5XX_Count"], local.balancer),
        concat([local.elb_space, "HTTPCode_ELB_5XX_Count"], local.balancer),
      ]
    },
    {
      title = "Seconds to an answer", stat = "p95"
      metrics = [
        concat([local.elb_space, "TargetResponseTime"], local.balancer),
        concat([local.elb_space, "TargetResponseTime"], local.balancer, [{ stat = "Average" }]),
      ]
    },
    {
      title   = "Tasks: CPU, %", stat = "Average"
      metrics = [for dimensions in local.ecs : concat(["AWS/ECS", "CPUUtilization"], dimensions)]
    },
    {
      title   = "Tasks: memory, %", stat = "Average"
      metrics = [for dimensions in local.ecs : concat(["AWS/ECS", "MemoryUtilization"], dimensions)]
    },
    { title = "Database: CPU, %", stat = "Average", metrics = [concat(["AWS/RDS", "CPUUtilization"], local.rds)] },
    { title = "Database: connections", stat = "Maximum", metrics = [concat(["AWS/RDS", "DatabaseConnections"], local.rds)] },
    { title = "Database: bytes free", stat = "Minimum", metrics = [concat(["AWS/RDS", "FreeStorageSpace"], local.rds)] },
    {
      title   = "Valkey: memory, %", stat = "Average"
      metrics = [["AWS/ElastiCache", "DatabaseMemoryUsagePercentage", "CacheClusterId", var.cache_node_id]]
    },
    { title = "Jobs due", stat = "Maximum", metrics = [[local.namespace, "QueueJobsDue"]] },
    {
      title = "Seconds behind", stat = "Maximum"
      metrics = [
        [local.namespace, "QueueOldestSeconds"],
        [local.namespace, "AuditSealLagSeconds"],
        [local.namespace, "AuditAnchorLagSeconds"],
      ]
    },
    { title = "Worker: signs of life", stat = "Sum", metrics = [[local.namespace, "WorkerHeartbeat"]] },
  ]
}

resource "aws_cloudwatch_dashboard" "this" {
  dashboard_name = var.name

  dashboard_body = jsonencode({
    widgets = [
      for index, graph in local.graphs : {
        type   = "metric"
        x      = 8 * (index % 3)
        y      = 6 * floor(index / 3)
        width  = 8
        height = 6
        properties = {
          title   = graph.title
          region  = var.region
          view    = "timeSeries"
          stat    = graph.stat
          period  = 60
          metrics = graph.metrics
        }
      }
    ]
  })
}
