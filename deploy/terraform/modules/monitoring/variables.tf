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
  description = "The key that messages are encrypted with."
  type        = string
}

variable "alarm_mails" {
  description = "Whom alarms tell."
  type        = set(string)

  validation {
    condition     = length(var.alarm_mails) > 0
    error_message = "alarm_mails must name somebody: an alarm that nobody hears is none."
  }
}

variable "load_balancer_suffix" {
  description = "The load balancer, as its metrics name it."
  type        = string
}

variable "target_group_suffix" {
  description = "The web tasks, as their metrics name them."
  type        = string
}

variable "cluster_name" {
  description = "The cluster."
  type        = string
}

variable "services" {
  description = "The services by what they are."
  type        = map(string)
}

variable "database_identifier" {
  description = "The database's name."
  type        = string
}

variable "cache_node_id" {
  description = "The cache's first machine."
  type        = string
}

variable "worker_log_group" {
  description = "Where the worker writes its figures."
  type        = string
}
