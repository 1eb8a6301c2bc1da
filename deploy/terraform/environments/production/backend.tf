# The bucket is bootstrap/'s; its name comes with `terraform init -backend-config=backend.hcl` (see the example).
terraform {
  backend "s3" {
    key          = "rupaya/production.tfstate"
    region       = "ap-south-1"
    encrypt      = true
    use_lockfile = true
  }
}
