variable "name" {
  description = "What everything's name begins with."
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

variable "node_type" {
  description = "The machine, like cache.t4g.small."
  type        = string
}

variable "node_count" {
  description = "Machines; from two on, one takes over from another by itself."
  type        = number
}

variable "log_retention_days" {
  description = "Days that slow commands are kept."
  type        = number
}

variable "password_version" {
  description = "Raise it to make a new password."
  type        = number
}
