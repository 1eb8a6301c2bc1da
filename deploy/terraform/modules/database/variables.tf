variable "name" {
  description = "What everything's name begins with."
  type        = string
}

variable "account_id" {
  description = "The account that everything belongs to."
  type        = string
}

variable "vpc_id" {
  description = "The network."
  type        = string
}

variable "subnet_ids" {
  description = "Subnets without a way out, in two zones or more."
  type        = list(string)
}

variable "workload_security_group_id" {
  description = "Who may connect."
  type        = string
}

variable "kms_key_arn" {
  description = "The key that everything at rest is encrypted with."
  type        = string
}

variable "postgres_major" {
  description = "PostgreSQL's major version."
  type        = string

  validation {
    condition     = contains(["15", "16", "17", "18"], var.postgres_major)
    error_message = "RUPAYA runs on PostgreSQL 15 to 18."
  }
}

variable "instance_class" {
  description = "The machine, like db.m7g.large."
  type        = string
}

variable "is_multi_az" {
  description = "Whether a second machine in another zone takes over by itself."
  type        = bool
}

variable "replica_count" {
  description = "Streaming replicas that reports are read from."
  type        = number

  validation {
    condition     = contains([0, 1], var.replica_count)
    error_message = "replica_count must be 0 or 1: the service reads from one."
  }
}

variable "storage_gib" {
  description = "Storage at first."
  type        = number
}

variable "storage_max_gib" {
  description = "How far storage grows by itself."
  type        = number
}

variable "backup_retention_days" {
  description = "Days that can be gone back to; RDS keeps 35 at most."
  type        = number

  validation {
    condition     = var.backup_retention_days >= 7 && var.backup_retention_days <= 35
    error_message = "backup_retention_days must be from 7 to 35: without backups there is no going back."
  }
}

variable "log_retention_days" {
  description = "Days that the server's logs are kept."
  type        = number
}

variable "password_version" {
  description = "Raise it to make new passwords for all roles, and after a restore, whose address is another."
  type        = number
}
