# All of it, once. What staging and production differ in stands in environments/.

data "aws_caller_identity" "current" {}
data "aws_region" "current" {}

locals {
  name               = "rupaya"
  audit_secret_names = ["AUDIT_SIGNING_KEY"]
  account_id         = data.aws_caller_identity.current.account_id
  region             = data.aws_region.current.region
}

module "key" {
  source = "../key"

  name = local.name
}

module "network" {
  source = "../network"

  name                = local.name
  account_id          = local.account_id
  cidr                = var.cidr
  zones               = var.zones
  is_nat_in_each_zone = var.is_nat_in_each_zone
  interface_endpoints = var.interface_endpoints
  flow_traffic        = var.flow_traffic
  log_retention_days  = var.log_retention_days
  kms_key_arn         = module.key.arn
}

module "ecr" {
  source = "../ecr"

  name        = local.name
  kms_key_arn = module.key.arn
}

module "secrets" {
  source = "../secrets"

  name              = local.name
  application_names = var.application_secret_names
  audit_names       = local.audit_secret_names
  kms_key_arn       = module.key.arn
}

module "storage" {
  source = "../storage"

  name                  = local.name
  environment           = var.environment
  account_id            = local.account_id
  kms_key_arn           = module.key.arn
  anchor_retention_days = var.anchor_retention_days
}

module "database" {
  source = "../database"

  name                       = local.name
  account_id                 = local.account_id
  vpc_id                     = module.network.vpc_id
  subnet_ids                 = module.network.isolated_subnet_ids
  workload_security_group_id = module.network.workload_security_group_id
  kms_key_arn                = module.key.arn
  postgres_major             = var.database.postgres_major
  instance_class             = var.database.instance_class
  is_multi_az                = var.database.is_multi_az
  replica_count              = var.database.replica_count
  storage_gib                = var.database.storage_gib
  storage_max_gib            = var.database.storage_max_gib
  backup_retention_days      = var.database.backup_retention_days
  password_version           = var.database.password_version
  log_retention_days         = var.log_retention_days
}

module "cache" {
  source = "../cache"

  name                       = local.name
  vpc_id                     = module.network.vpc_id
  subnet_ids                 = module.network.isolated_subnet_ids
  workload_security_group_id = module.network.workload_security_group_id
  kms_key_arn                = module.key.arn
  node_type                  = var.cache.node_type
  node_count                 = var.cache.node_count
  password_version           = var.cache.password_version
  log_retention_days         = var.log_retention_days
}

module "service" {
  source = "../service"

  name               = local.name
  account_id         = local.account_id
  region             = local.region
  kms_key_arn        = module.key.arn
  log_retention_days = var.log_retention_days

  vpc_id                     = module.network.vpc_id
  public_subnet_ids          = module.network.public_subnet_ids
  public_cidrs               = module.network.public_cidrs
  private_subnet_ids         = module.network.private_subnet_ids
  workload_security_group_id = module.network.workload_security_group_id
  zone_id                    = var.zone_id
  web_domain                 = var.web_domain
  api_domain                 = var.api_domain
  logs_bucket                = module.storage.logs_bucket

  image                     = var.image
  repository_arn            = module.ecr.repository_arn
  app_version               = var.app_version
  allowed_origins           = var.allowed_origins
  mail_from                 = var.mail_from
  web                       = var.web
  worker                    = var.worker
  database_pool_size        = var.database_pool_size
  database_replica_url      = module.database.replica_url
  database_root_certificate = var.database_root_certificate
  flood_requests            = var.flood_requests

  application_secret_arn   = module.secrets.application_arn
  audit_secret_arn         = module.secrets.audit_arn
  audit_secret_names       = local.audit_secret_names
  audit_public_keys        = var.audit_public_keys
  anchor_retention_days    = var.anchor_retention_days
  application_secret_names = var.application_secret_names
  user_secret_arn          = module.database.user_secret_arn
  sealer_secret_arn        = module.database.sealer_secret_arn
  owner_secret_arn         = module.database.owner_secret_arn
  cache_secret_arn         = module.cache.url_secret_arn
  media_bucket             = module.storage.media_bucket
  media_bucket_arn         = module.storage.media_bucket_arn
  anchor_bucket            = module.storage.anchor_bucket
  anchor_bucket_arn        = module.storage.anchor_bucket_arn
}

module "monitoring" {
  source = "../monitoring"

  name                 = local.name
  account_id           = local.account_id
  region               = local.region
  kms_key_arn          = module.key.arn
  alarm_mails          = var.alarm_mails
  load_balancer_suffix = module.service.load_balancer_suffix
  target_group_suffix  = module.service.target_group_suffix
  cluster_name         = module.service.cluster_name
  services             = { web = module.service.web_service_name, worker = module.service.worker_service_name }
  database_identifier  = module.database.identifier
  cache_node_id        = module.cache.first_node_id
  worker_log_group     = module.service.worker_log_group
}

module "github_oidc" {
  source = "../github-oidc"

  name           = local.name
  account_id     = local.account_id
  region         = local.region
  environment    = var.environment
  repository     = var.github_repository
  build_branches = var.build_branches
  repository_arn = module.ecr.repository_arn
  cluster_arn    = module.service.cluster_arn
  service_arns   = module.service.service_arns
  task_role_arns = module.service.task_role_arns
  log_group_arns = module.service.log_group_arns
}
