variable "name" {
  description = "What everything's name begins with."
  type        = string
}

variable "account_id" {
  description = "The account that everything belongs to."
  type        = string
}

variable "cidr" {
  description = "The network's addresses, a /16."
  type        = string

  validation {
    condition     = can(cidrhost(var.cidr, 0)) && endswith(var.cidr, "/16")
    error_message = "cidr must be a /16, like 10.20.0.0/16."
  }
}

variable "zones" {
  description = "Availability zones; the database and the cache need two. Named, so that none comes or goes by itself."
  type        = list(string)

  validation {
    condition     = length(var.zones) >= 2 && length(var.zones) <= 3
    error_message = "zones must be two or three."
  }
}

variable "is_nat_in_each_zone" {
  description = "Whether each zone has a NAT gateway of its own, so that one zone's loss takes no other's way out."
  type        = bool
}

variable "interface_endpoints" {
  description = "AWS services reached inside the network, by the end of their service names."
  type        = set(string)
}

variable "flow_traffic" {
  description = "Which connections are logged: ALL, or REJECT alone."
  type        = string
}

variable "log_retention_days" {
  description = "Days that flow logs are kept."
  type        = number
}

variable "kms_key_arn" {
  description = "The key that logs are encrypted with."
  type        = string
}
