variable "environment" {
  description = "staging or production: the GitHub environment, and part of the names of buckets."
  type        = string

  validation {
    condition     = contains(["staging", "production"], var.environment)
    error_message = "environment must be staging or production."
  }
}

variable "log_retention_days" {
  description = "Days that logs are kept."
  type        = number
}

# ── Network ──────────────────────────────────────────────────────────────────────────────────────
variable "cidr" {
  description = "The network's addresses, a /16."
  type        = string
}

variable "zones" {
  description = "Availability zones."
  type        = list(string)
  default     = ["ap-south-1a", "ap-south-1b"]
}

variable "is_nat_in_each_zone" {
  description = "Whether each zone has a NAT gateway of its own."
  type        = bool
}

variable "interface_endpoints" {
  description = "AWS services reached inside the network."
  type        = set(string)
}

variable "flow_traffic" {
  description = "Which connections are logged: ALL, or REJECT alone."
  type        = string
}

# ── Names ────────────────────────────────────────────────────────────────────────────────────────
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

variable "allowed_origins" {
  description = "Hosts whose pages may call the API."
  type        = list(string)
}

variable "mail_from" {
  description = "Who letters are from."
  type        = string
  default     = "RUPAYA <no-reply@rupaya.com>"
}

# ── Data ─────────────────────────────────────────────────────────────────────────────────────────
variable "database" {
  description = "PostgreSQL: its version, machine, replicas that reports are read from, storage, and days that can be gone back to."
  type = object({
    postgres_major        = string
    instance_class        = string
    is_multi_az           = bool
    replica_count         = optional(number, 0)
    storage_gib           = number
    storage_max_gib       = number
    backup_retention_days = number
    password_version      = number
  })
}

variable "cache" {
  description = "Valkey: its machine, and how many."
  type = object({
    node_type        = string
    node_count       = number
    password_version = number
  })
}

variable "anchor_retention_days" {
  description = "Days in which nobody can remove an anchored head of the audit log."
  type        = number
}

# ── What runs ────────────────────────────────────────────────────────────────────────────────────
variable "image" {
  description = "The image of the first revision, by digest."
  type        = string
}

variable "app_version" {
  description = "What /health says it is."
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
  description = "Connections a process holds at most."
  type        = number
  default     = 5 # one for each of four threads, and one for /health
}

variable "database_root_certificate" {
  description = "Where the image has RDS's root certificates. Empty: TLS is asked for, and nobody looks who answers."
  type        = string
  default     = "/app/deploy/certificates/rds-ap-south-1.pem"
}

variable "flood_requests" {
  description = "Requests from one address in five minutes, from which on it is refused."
  type        = number
  default     = 5000
}

variable "application_secret_names" {
  description = "What the operator's secret holds. A name that it lacks keeps every task from starting."
  type        = list(string)
  default     = ["JWT_SECRET", "JWT_REFRESH_SECRET", "SENDGRID_API_KEY"]
}

variable "audit_public_keys" {
  description = "Public keys of earlier signing keys of the audit log."
  type        = list(string)
  default     = []
}

# ── People ───────────────────────────────────────────────────────────────────────────────────────
variable "alarm_mails" {
  description = "Whom alarms tell."
  type        = set(string)
}

variable "github_repository" {
  description = "The repository whose workflows release, as owner/name."
  type        = string
}

variable "build_branches" {
  description = "Branches whose workflows may push images."
  type        = list(string)
}
