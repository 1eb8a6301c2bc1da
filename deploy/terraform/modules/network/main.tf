# Three rings: public (load balancer, NAT), private (tasks), isolated (database and cache, without a way out).

data "aws_region" "current" {}

locals {
  zone_count = length(var.zones)
  region     = data.aws_region.current.region

  # /16 → /20 each: 0… public, 4… private, 8… isolated
  public_cidrs   = [for index in range(local.zone_count) : cidrsubnet(var.cidr, 4, index)]
  private_cidrs  = [for index in range(local.zone_count) : cidrsubnet(var.cidr, 4, index + 4)]
  isolated_cidrs = [for index in range(local.zone_count) : cidrsubnet(var.cidr, 4, index + 8)]

  nat_count = var.is_nat_in_each_zone ? local.zone_count : 1
}

resource "aws_vpc" "this" {
  cidr_block           = var.cidr
  enable_dns_support   = true
  enable_dns_hostnames = true

  tags = { Name = var.name }
}

# What has no group of its own reaches nothing.
resource "aws_default_security_group" "closed" {
  vpc_id = aws_vpc.this.id
}

resource "aws_internet_gateway" "this" {
  vpc_id = aws_vpc.this.id

  tags = { Name = var.name }
}

resource "aws_subnet" "public" {
  count = local.zone_count

  vpc_id            = aws_vpc.this.id
  availability_zone = var.zones[count.index]
  cidr_block        = local.public_cidrs[count.index]

  tags = { Name = "${var.name}-public-${var.zones[count.index]}" }
}

resource "aws_subnet" "private" {
  count = local.zone_count

  vpc_id            = aws_vpc.this.id
  availability_zone = var.zones[count.index]
  cidr_block        = local.private_cidrs[count.index]

  tags = { Name = "${var.name}-private-${var.zones[count.index]}" }
}

resource "aws_subnet" "isolated" {
  count = local.zone_count

  vpc_id            = aws_vpc.this.id
  availability_zone = var.zones[count.index]
  cidr_block        = local.isolated_cidrs[count.index]

  tags = { Name = "${var.name}-isolated-${var.zones[count.index]}" }
}

resource "aws_eip" "nat" {
  count = local.nat_count

  domain = "vpc"

  tags = { Name = "${var.name}-nat-${var.zones[count.index]}" }
}

resource "aws_nat_gateway" "this" {
  count = local.nat_count

  allocation_id = aws_eip.nat[count.index].id
  subnet_id     = aws_subnet.public[count.index].id

  tags       = { Name = "${var.name}-${var.zones[count.index]}" }
  depends_on = [aws_internet_gateway.this]
}

resource "aws_route_table" "public" {
  vpc_id = aws_vpc.this.id

  tags = { Name = "${var.name}-public" }
}

resource "aws_route" "to_the_internet" {
  route_table_id         = aws_route_table.public.id
  destination_cidr_block = "0.0.0.0/0"
  gateway_id             = aws_internet_gateway.this.id
}

resource "aws_route_table_association" "public" {
  count = local.zone_count

  subnet_id      = aws_subnet.public[count.index].id
  route_table_id = aws_route_table.public.id
}

resource "aws_route_table" "private" {
  count = local.zone_count

  vpc_id = aws_vpc.this.id

  tags = { Name = "${var.name}-private-${var.zones[count.index]}" }
}

resource "aws_route" "through_nat" {
  count = local.zone_count

  route_table_id         = aws_route_table.private[count.index].id
  destination_cidr_block = "0.0.0.0/0"
  nat_gateway_id         = aws_nat_gateway.this[min(count.index, local.nat_count - 1)].id
}

resource "aws_route_table_association" "private" {
  count = local.zone_count

  subnet_id      = aws_subnet.private[count.index].id
  route_table_id = aws_route_table.private[count.index].id
}

resource "aws_route_table" "isolated" {
  vpc_id = aws_vpc.this.id

  tags = { Name = "${var.name}-isolated" }
}

resource "aws_route_table_association" "isolated" {
  count = local.zone_count

  subnet_id      = aws_subnet.isolated[count.index].id
  route_table_id = aws_route_table.isolated.id
}

# What the tasks are: they may be reached by who names this group, and may call out by TLS alone.
resource "aws_security_group" "workload" {
  # checkov:skip=CKV2_AWS_5:The services take it, in another module.
  name        = "${var.name}-workload"
  description = "Web, worker and migration tasks"
  vpc_id      = aws_vpc.this.id

  tags = { Name = "${var.name}-workload" }
}

# SendGrid, Razorpay and Sentry have no fixed addresses.
#trivy:ignore:AWS-0104
resource "aws_vpc_security_group_egress_rule" "workload_tls" {
  security_group_id = aws_security_group.workload.id
  description       = "AWS, SendGrid, Razorpay and Sentry, all by TLS"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
  cidr_ipv4         = "0.0.0.0/0"
}
