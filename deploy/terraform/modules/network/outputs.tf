output "vpc_id" {
  description = "The network."
  value       = aws_vpc.this.id
}

output "public_subnet_ids" {
  description = "Where the load balancer is."
  value       = aws_subnet.public[*].id
}

output "public_cidrs" {
  description = "The load balancer's addresses: whose X-Forwarded-For gunicorn believes."
  value       = local.public_cidrs
}

output "private_subnet_ids" {
  description = "Where tasks run."
  value       = aws_subnet.private[*].id
}

output "isolated_subnet_ids" {
  description = "Where the database and the cache are."
  value       = aws_subnet.isolated[*].id
}

output "workload_security_group_id" {
  description = "The group of all tasks."
  value       = aws_security_group.workload.id
}
