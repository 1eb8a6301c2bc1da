output "cluster_name" {
  description = "The cluster."
  value       = aws_ecs_cluster.this.name
}

output "cluster_arn" {
  description = "Its ARN."
  value       = aws_ecs_cluster.this.arn
}

output "web_service_name" {
  description = "The web service."
  value       = aws_ecs_service.web.name
}

output "worker_service_name" {
  description = "The worker service."
  value       = aws_ecs_service.worker.name
}

output "service_arns" {
  description = "Both services."
  value       = [aws_ecs_service.web.arn, aws_ecs_service.worker.arn]
}

output "families" {
  description = "Names of the task definitions."
  value       = [for family in local.families : family.name]
}

output "task_role_arns" {
  description = "Every role that a task takes on."
  value       = concat([for role in aws_iam_role.execution : role.arn], [for role in aws_iam_role.task : role.arn])
}

output "worker_log_group" {
  description = "Where the worker writes; figures are read from it."
  value       = aws_cloudwatch_log_group.task["worker"].name
}

output "log_group_arns" {
  description = "Where tasks write."
  value       = [for group in aws_cloudwatch_log_group.task : group.arn]
}

output "load_balancer_suffix" {
  description = "By which alarms know the load balancer."
  value       = aws_lb.this.arn_suffix
}

output "target_group_suffix" {
  description = "By which alarms know the web tasks."
  value       = aws_lb_target_group.web.arn_suffix
}
