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

variable "environment" {
  description = "The GitHub environment whose jobs may release here."
  type        = string
}

variable "repository" {
  description = "The repository, as owner/name."
  type        = string

  validation {
    condition     = can(regex("^[A-Za-z0-9-]+/[A-Za-z0-9._-]+$", var.repository))
    error_message = "repository must be one repository, as owner/name: a star would let strangers in."
  }
}

variable "build_branches" {
  description = "Branches whose workflows may push images."
  type        = list(string)

  validation {
    condition     = alltrue([for branch in var.build_branches : can(regex("^[A-Za-z0-9._/-]+$", branch))])
    error_message = "build_branches must be names of branches, without stars."
  }
}

variable "repository_arn" {
  description = "The repository that images are pushed to."
  type        = string
}

variable "cluster_arn" {
  description = "The cluster."
  type        = string
}

variable "service_arns" {
  description = "Services that a release updates."
  type        = list(string)
}

variable "task_role_arns" {
  description = "Roles that a release gives to tasks."
  type        = list(string)
}

variable "log_group_arns" {
  description = "Logs that a release may read."
  type        = list(string)
}
