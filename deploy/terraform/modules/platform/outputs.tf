output "repository_url" {
  description = "What images are pushed to."
  value       = module.ecr.repository_url
}

output "github_role_arns" {
  description = "What the workflows take on."
  value       = module.github_oidc.role_arns
}

output "secret_arns" {
  description = "Where the operator puts the application's secrets."
  value       = [module.secrets.application_arn, module.secrets.audit_arn]
}

output "database" {
  description = "What deploy/postgres/init.sql is run with."
  value = {
    address           = module.database.address
    master_secret_arn = module.database.master_secret_arn
    user_secret_arn   = module.database.user_secret_arn
    sealer_secret_arn = module.database.sealer_secret_arn
    owner_secret_arn  = module.database.owner_secret_arn
    backup_secret_arn = module.database.backup_secret_arn
  }
}

output "migrate_network" {
  description = "Where the migration task runs."
  value = {
    cluster         = module.service.cluster_name
    subnets         = module.network.private_subnet_ids
    security_groups = [module.network.workload_security_group_id]
  }
}
