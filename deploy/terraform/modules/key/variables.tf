variable "name" {
  description = "What everything's name begins with."
  type        = string
}
