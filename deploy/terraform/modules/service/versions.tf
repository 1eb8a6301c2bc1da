terraform {
  required_version = ">= 1.11" # values that are only written, and a lock beside the state, need it

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 6.62"
    }
  }
}
