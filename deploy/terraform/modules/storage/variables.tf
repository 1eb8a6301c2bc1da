variable "name" {
  description = "What everything's name begins with."
  type        = string
}

variable "environment" {
  description = "staging or production: the names of buckets are the world's."
  type        = string
}

variable "account_id" {
  description = "The account that everything belongs to."
  type        = string
}

variable "kms_key_arn" {
  description = "The key that files are encrypted with."
  type        = string
}

variable "anchor_retention_days" {
  description = "Days in which nobody can remove an anchored head of the audit log."
  type        = number
}
