variable "account_id" {
  description = "The AWS account."
  type        = string
}
