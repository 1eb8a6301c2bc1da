variable "name" {
  description = "What everything's name begins with."
  type        = string
}

variable "account_id" {
  description = "The account that everything belongs to."
  type        = string
}

variable "region" {
  description = "The region that everything is in."
  type        = string
}

variable "kms_key_arn" {
  description = "The key that logs, secrets and files are encrypted with."
  type        = string
}

# ── Where ────────────────────────────────────────────────────────────────────────────────────────
variable "vpc_id" {
  description = "The network."
  type        = string
}

variable "public_subnet_ids" {
  description = "Where the load balancer is."
  type        = list(string)
}

variable "public_cidrs" {
  description = "The load balancer's addresses, whose X-Forwarded-* gunicorn believes."
  type        = list(string)
}

variable "private_subnet_ids" {
  description = "Where tasks run."
  type        = list(string)
}

variable "workload_security_group_id" {
  description = "The group of all tasks."
  type        = string
}

variable "zone_id" {
  description = "The hosted zone that both domains are in."
  type        = string
}

variable "web_domain" {
  description = "The dashboard's host."
  type        = string
}

variable "api_domain" {
  description = "The API's host."
  type        = string
}

variable "logs_bucket" {
  description = "Where the load balancer writes its log."
  type        = string
}

# ── What ─────────────────────────────────────────────────────────────────────────────────────────
variable "image" {
  description = "The image of the first revision, by digest; each release registers revisions with its own."
  type        = string

  validation {
    condition     = can(regex("@sha256:[0-9a-f]{64}$", var.image))
    error_message = "image must end in @sha256: and its digest: a tag can come to mean another image."
  }
}

variable "repository_arn" {
  description = "The repository that the image is in."
  type        = string
}

variable "app_version" {
  description = "What /health says it is."
  type        = string
}

variable "allowed_origins" {
  description = "Hosts whose pages may call the API."
  type        = list(string)
}

variable "mail_from" {
  description = "Who letters are from."
  type        = string
}

variable "web" {
  description = "Web tasks: size, how many, and gunicorn's processes and threads in each."
  type = object({
    cpu        = number
    memory_mib = number
    least      = number
    most       = number
    processes  = number
    threads    = number
  })
}

variable "worker" {
  description = "Worker tasks: size and how many."
  type = object({
    cpu        = number
    memory_mib = number
    least      = number
    most       = number
  })
}

variable "database_pool_size" {
  description = "Connections a web process holds at most."
  type        = number
}

variable "database_root_certificate" {
  description = "Where the image has RDS's root certificates. Empty: TLS is asked for, and nobody looks who answers."
  type        = string
}

variable "flood_requests" {
  description = "Requests from one address in five minutes, from which on it is refused."
  type        = number
}

variable "log_retention_days" {
  description = "Days that logs are kept."
  type        = number
}

# ── Secrets and buckets ──────────────────────────────────────────────────────────────────────────
variable "application_secret_arn" {
  description = "Holds the application's own secrets."
  type        = string
}

variable "application_secret_names" {
  description = "The variables it holds."
  type        = list(string)
}

variable "audit_secret_arn" {
  description = "Holds what the audit log is sealed with."
  type        = string
}

variable "audit_secret_names" {
  description = "The variables it holds."
  type        = list(string)
}

variable "audit_public_keys" {
  description = "Public keys of earlier signing keys."
  type        = list(string)
}

variable "anchor_retention_days" {
  description = "Days in which nobody can remove an anchored head."
  type        = number
}

variable "database_replica_url" {
  description = "Where reports are read; '' for the primary alone."
  type        = string
}

variable "user_secret_arn" {
  description = "Holds DATABASE_URL."
  type        = string
}

variable "sealer_secret_arn" {
  description = "Holds DATABASE_SEALER_URL."
  type        = string
}

variable "owner_secret_arn" {
  description = "Holds DATABASE_OWNER_URL."
  type        = string
}

variable "cache_secret_arn" {
  description = "Holds REDIS_URL."
  type        = string
}

variable "media_bucket" {
  description = "What people attach."
  type        = string
}

variable "media_bucket_arn" {
  description = "Its ARN."
  type        = string
}

variable "anchor_bucket" {
  description = "Heads of the audit log."
  type        = string
}

variable "anchor_bucket_arn" {
  description = "Its ARN."
  type        = string
}
