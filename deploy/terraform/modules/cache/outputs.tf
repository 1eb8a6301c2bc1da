output "first_node_id" {
  description = "The name of the first machine, by which alarms know it."
  value       = "${aws_elasticache_replication_group.this.replication_group_id}-001"
}

output "url_secret_arn" {
  description = "Holds REDIS_URL."
  value       = aws_secretsmanager_secret.url.arn
}
