# Production: two of everything that people's money waits for, and nothing that can be deleted by mistake.

provider "aws" {
  region              = "ap-south-1"
  allowed_account_ids = [var.account_id] # a wrong profile stops here

  default_tags {
    tags = { Project = "rupaya", Environment = "production", ManagedBy = "terraform" }
  }
}

module "platform" {
  source = "../../modules/platform"

  environment        = "production"
  log_retention_days = 400

  cidr                = "10.20.0.0/16"
  is_nat_in_each_zone = true
  interface_endpoints = ["ecr.api", "ecr.dkr", "logs", "secretsmanager", "ssmmessages"]
  flow_traffic        = "ALL"

  database = {
    postgres_major        = "18"
    instance_class        = "db.m7g.large"
    is_multi_az           = true
    storage_gib           = 100
    storage_max_gib       = 1000
    backup_retention_days = 35
    password_version      = var.database_password_version
  }
  cache = {
    node_type        = "cache.t4g.small"
    node_count       = 2
    password_version = var.cache_password_version
  }
  anchor_retention_days = 3653

  web    = { cpu = 1024, memory_mib = 2048, least = 2, most = 5, processes = 2, threads = 4 }
  worker = { cpu = 512, memory_mib = 1024, least = 2, most = 3 }

  image             = var.image
  app_version       = var.app_version
  zone_id           = var.zone_id
  web_domain        = var.web_domain
  api_domain        = var.api_domain
  allowed_origins   = var.allowed_origins
  alarm_mails       = var.alarm_mails
  github_repository = var.github_repository
  build_branches    = ["main"]
}
