variable "account_id" {
  description = "The AWS account of this environment."
  type        = string

  validation {
    condition     = can(regex("^[0-9]{12}$", var.account_id))
    error_message = "account_id must be the 12 digits of an AWS account."
  }
}

variable "image" {
  description = "The image of the first revision, by digest; later ones come with releases."
  type        = string
}

variable "app_version" {
  description = "What /health says it is at first."
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

variable "allowed_origins" {
  description = "Hosts whose pages may call the API."
  type        = list(string)
}

variable "alarm_mails" {
  description = "Whom alarms tell."
  type        = set(string)
}

variable "github_repository" {
  description = "The repository whose workflows release, as owner/name."
  type        = string
}

variable "database_password_version" {
  description = "Raise it to make new passwords for the database's roles."
  type        = number
  default     = 1
}

variable "cache_password_version" {
  description = "Raise it to make a new password for Valkey."
  type        = number
  default     = 1
}
