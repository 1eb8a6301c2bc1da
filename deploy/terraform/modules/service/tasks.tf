# What runs: web, worker, and the migration that runs once before each release. One image, named by its digest.

locals {
  port      = 8000
  shell_log = "/ecs/${var.name}-shell"

  families = {
    web = {
      name       = "${var.name}-backend"
      cpu        = var.web.cpu
      memory_mib = var.web.memory_mib
      command    = null # the image's own: gunicorn
      stop_s     = 30   # longer than gunicorn's graceful_timeout
      pool_size  = var.database_pool_size
      secrets    = {}
    }
    worker = {
      name       = "${var.name}-worker"
      cpu        = var.worker.cpu
      memory_mib = var.worker.memory_mib
      command    = ["python", "manage.py", "procrastinate", "worker"]
      stop_s     = 120 # the most that Fargate gives: a job ends, or another worker repeats it
      pool_size  = 2   # it does one job at a time
      secrets    = local.audit_secrets
    }
    migrate = {
      name       = "${var.name}-migrate"
      cpu        = 512
      memory_mib = 1024
      command    = ["python", "manage.py", "migrate"]
      stop_s     = 120
      pool_size  = 2
      secrets    = { DATABASE_OWNER_URL = "${var.owner_secret_arn}:DATABASE_OWNER_URL::" }
    }
  }

  environment = {
    APP_ENV                = "production" # as strict in staging as in production
    APP_VERSION            = var.app_version
    LOG_LEVEL              = "info"
    PORT                   = tostring(local.port)
    FRONTEND_URL           = "https://${var.web_domain}"
    API_BASE_URL           = "https://${var.api_domain}/v1"
    ALLOWED_ORIGINS        = join(",", var.allowed_origins)
    DEFAULT_FROM_EMAIL     = var.mail_from
    DATABASE_SSL           = "true"
    DATABASE_SSL_ROOT_CERT = var.database_root_certificate
    AWS_REGION             = var.region
    AWS_S3_BUCKET          = var.media_bucket
    AUDIT_ANCHOR_BUCKET    = var.anchor_bucket
    AUDIT_ANCHOR_DAYS      = tostring(var.anchor_retention_days)
    AUDIT_PUBLIC_KEYS      = join(",", var.audit_public_keys)
    TRUSTED_PROXY_HOPS     = "1"
    FORWARDED_ALLOW_IPS    = join(",", var.public_cidrs)
    WEB_CONCURRENCY        = tostring(var.web.processes)
    WEB_THREADS            = tostring(var.web.threads)
  }

  secrets = merge(
    { for name in var.application_secret_names : name => "${var.application_secret_arn}:${name}::" },
    {
      DATABASE_URL = "${var.user_secret_arn}:DATABASE_URL::"
      REDIS_URL    = "${var.cache_secret_arn}:REDIS_URL::"
    },
  )
  # What heads are signed with, and the login that may append them.
  audit_secrets = merge(
    { for name in var.audit_secret_names : name => "${var.audit_secret_arn}:${name}::" },
    { DATABASE_SEALER_URL = "${var.sealer_secret_arn}:DATABASE_SEALER_URL::" },
  )

  # Alive, not ready: to restart a process for a database that is away helps nobody.
  is_alive = {
    command = [
      "CMD", "python", "-c",
      "import urllib.request; urllib.request.urlopen('http://127.0.0.1:${local.port}/health/live', timeout=2)",
    ]
    interval    = 30
    timeout     = 3
    startPeriod = 40
    retries     = 3
  }

  # The root file system is read-only; these are the places that are written: temporary files, and the agent of
  # `ops shell`.
  scratch = { tmp = "/tmp", agent = "/var/lib/amazon", agent-log = "/var/log/amazon" }
}

resource "aws_cloudwatch_log_group" "task" {
  # checkov:skip=CKV_AWS_338:Staging keeps it smaller; a test holds production to it.
  for_each = local.families

  name              = "/ecs/${each.value.name}"
  retention_in_days = var.log_retention_days
  kms_key_id        = var.kms_key_arn
}

resource "aws_ecs_task_definition" "this" {
  for_each = local.families

  family                   = each.value.name
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = each.value.cpu
  memory                   = each.value.memory_mib
  execution_role_arn       = aws_iam_role.execution[each.key].arn
  task_role_arn            = aws_iam_role.task[each.key].arn

  runtime_platform {
    operating_system_family = "LINUX"
    cpu_architecture        = "X86_64"
  }

  dynamic "volume" {
    for_each = local.scratch

    content {
      name = volume.key
    }
  }

  # What is null is left out: ECS would answer that nothing is not a command.
  container_definitions = jsonencode([{
    for key, value in {
      name                   = each.key
      image                  = var.image
      essential              = true
      command                = each.value.command
      user                   = "1001"
      readonlyRootFilesystem = true
      stopTimeout            = each.value.stop_s
      environment = [
        for name, value in merge(
          local.environment,
          { DATABASE_POOL_SIZE = tostring(each.value.pool_size) },
          each.key == "web" ? { DATABASE_REPLICA_URL = var.database_replica_url } : {},
        ) : { name = name, value = value }
      ]
      secrets = [
        for name, from in merge(local.secrets, each.value.secrets) : { name = name, valueFrom = from }
      ]
      mountPoints  = [for volume, path in local.scratch : { sourceVolume = volume, containerPath = path, readOnly = false }]
      portMappings = each.key == "web" ? [{ containerPort = local.port, protocol = "tcp" }] : null
      healthCheck  = each.key == "web" ? local.is_alive : null
      logConfiguration = {
        logDriver = "awslogs"
        options = {
          awslogs-group         = aws_cloudwatch_log_group.task[each.key].name
          awslogs-region        = var.region
          awslogs-stream-prefix = each.key
          mode                  = "non-blocking" # a slow log must not hold up an answer
          max-buffer-size       = "10m"
        }
      }
    } : key => value if value != null
  }])
}
