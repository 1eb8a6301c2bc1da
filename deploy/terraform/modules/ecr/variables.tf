variable "name" {
  description = "What everything's name begins with."
  type        = string
}

variable "kms_key_arn" {
  description = "The key that images are encrypted with."
  type        = string
}
