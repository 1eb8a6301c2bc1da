variable "name" {
  description = "What everything's name begins with."
  type        = string
}

variable "application_names" {
  description = "The variables that every task's secret holds, as in .env.example."
  type        = list(string)
}

variable "audit_names" {
  description = "The variables that the secret of the audit log's seals holds."
  type        = list(string)
}

variable "kms_key_arn" {
  description = "The key that secrets are encrypted with."
  type        = string
}
