variable "name" {
  description = "What everything's name begins with."
  type        = string
}

variable "names" {
  description = "The variables that the secret holds, as in .env.example."
  type        = list(string)
}

variable "kms_key_arn" {
  description = "The key that secrets are encrypted with."
  type        = string
}
