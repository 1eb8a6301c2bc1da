# Staging: the same code and rules in an account of its own, with small machines and without a second of each.

provider "aws" {
  region              = "ap-south-1"
  allowed_account_ids = [var.account_id] # a wrong profile stops here

  default_tags {
    tags = { Project = "rupaya", Environment = "staging", ManagedBy = "terraform" }
  }
}

module "platform" {
  source = "../../modules/platform"

  environment        = "staging"
  log_retention_days = 30

  cidr                = "10.21.0.0/16"
  is_nat_in_each_zone = false
  interface_endpoints = [] # through the NAT gateway, which is there anyway
  flow_traffic        = "REJECT"

  database = {
    postgres_major        = "18"
    instance_class        = "db.t4g.medium"
    is_multi_az           = false
    storage_gib           = 20
    storage_max_gib       = 100
    backup_retention_days = 7
    password_version      = var.database_password_version
  }
  cache = {
    node_type        = "cache.t4g.micro"
    node_count       = 1
    password_version = var.cache_password_version
  }
  anchor_retention_days = 1 # so that a rehearsal can be thrown away

  web    = { cpu = 512, memory_mib = 1024, least = 1, most = 2, processes = 2, threads = 4 }
  worker = { cpu = 256, memory_mib = 1024, least = 1, most = 1 }

  image             = var.image
  app_version       = var.app_version
  zone_id           = var.zone_id
  web_domain        = var.web_domain
  api_domain        = var.api_domain
  allowed_origins   = var.allowed_origins
  alarm_mails       = var.alarm_mails
  github_repository = var.github_repository
  build_branches    = ["develop", "staging"]
}
