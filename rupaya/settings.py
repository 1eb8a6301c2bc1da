"""All settings, from the environment. `.env.example` documents every variable.

Defaults are safe for production; what development relaxes stands beside `IS_PRODUCTION`.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import environ
from corsheaders.defaults import default_headers
from django.core.exceptions import ImproperlyConfigured

from rupaya import __version__, embedded
from rupaya.client_config.rules import BUILD_MAX, ConfigInvalid, minimums_read
from rupaya.core import environment
from rupaya.core.logging import logging_configure, sentry_start
from rupaya.dotenv import variables_read

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = BASE_DIR / "var"

env = environ.Env()
env.ENVIRON = variables_read()  # without the empty ones: they take the default


def _switch(name: str, *, is_on: bool = False) -> bool:
    text = env.str(name, default=str(is_on)).strip().lower()
    if text not in {"true", "false", "1", "0", "yes", "no", "on", "off", ""}:
        raise ImproperlyConfigured(f"{name} is {text!r}; it must be true or false.")
    return text in {"true", "1", "yes", "on"}


def _number(name: str, default: int, *, least: int, most: int) -> int:
    text = env.str(name, default=str(default))
    if not (text.isascii() and text.isdigit() and len(text) <= 9 and least <= int(text) <= most):
        raise ImproperlyConfigured(f"{name} is {text!r}; it must be a whole number from {least} to {most}.")
    return int(text)


def _rate(name: str, default: str) -> tuple[int, int]:
    return environment.rate_read(env.str(name, default=default), name=name)


# ── Which environment ────────────────────────────────────────────────────────────────────────────
_command = sys.argv[1:] if Path(sys.argv[0]).name == "manage.py" else []
# They ask no database, no Redis and nothing that is secret, so production lets them start without.
_needs_nothing = _command[:1] in (["ops"], ["client_config"])
APP_ENV = os.environ.get("APP_ENV", "development")  # an empty one is refused: production may have been meant
if APP_ENV not in {"development", "test", "production"}:
    raise ImproperlyConfigured(f"APP_ENV is {APP_ENV!r}; it must be development, test or production.")
IS_PRODUCTION = APP_ENV == "production"
if IS_PRODUCTION and not _needs_nothing and (refusal := environment.production_refusal(os.environ)):
    raise ImproperlyConfigured(refusal)

APP_NAME = env.str("APP_NAME", default="RUPAYA")
APP_VERSION = env.str("APP_VERSION", default=__version__)
PORT = _number("PORT", 8000, least=1, most=65535)
DEBUG = _switch("DEBUG")
LOG_LEVEL = env.str("LOG_LEVEL", default="info" if IS_PRODUCTION else "debug").upper()
FRONTEND_URL = env.str("FRONTEND_URL", default=f"http://localhost:{PORT}").rstrip("/")
API_BASE_URL = env.str("API_BASE_URL", default=f"http://localhost:{PORT}/v1").rstrip("/")

# ── Secrets ──────────────────────────────────────────────────────────────────────────────────────
JWT_SECRET, JWT_REFRESH_SECRET = env.str("JWT_SECRET", default=""), env.str("JWT_REFRESH_SECRET", default="")
if IS_PRODUCTION:  # was refused above without them, but for what signs nothing
    JWT_SECRET, JWT_REFRESH_SECRET = (one or secrets.token_hex() for one in (JWT_SECRET, JWT_REFRESH_SECRET))
elif not (JWT_SECRET and JWT_REFRESH_SECRET):
    _made_secrets = environment.development_secrets(VAR_DIR)
    JWT_SECRET = JWT_SECRET or _made_secrets["JWT_SECRET"]
    JWT_REFRESH_SECRET = JWT_REFRESH_SECRET or _made_secrets["JWT_REFRESH_SECRET"]
SECRET_KEY = environment.derived_key(JWT_SECRET, purpose="django")
JWT_EXPIRY = _number("JWT_EXPIRY", 3600, least=60, most=86_400)
JWT_REFRESH_EXPIRY = _number("JWT_REFRESH_EXPIRY", 604_800, least=3600, most=30 * 86_400)
SESSION_LIFETIME = timedelta(days=30)  # absolute: no refresh outlives it

# ── Engines: what is not given is embedded ───────────────────────────────────────────────────────
_database_url = env.str("DATABASE_URL", default="")
_replica_url = env.str("DATABASE_REPLICA_URL", default="")
_owner_url = env.str("DATABASE_OWNER_URL", default="")
_sealer_url = env.str("DATABASE_SEALER_URL", default="")
REDIS_URL = env.str("REDIS_URL", default="")
BACKUP_DATABASE_URL = env.str("BACKUP_DATABASE_URL", default="")
BACKUP_DRILL_URL = env.str("BACKUP_DRILL_URL", default="")
EMBEDDED_NOTICES: tuple[str, ...] = ()
if _needs_nothing:  # nothing is started for it, and what it never connects to only needs a name
    _database_url = _database_url or "postgresql://rupaya_user@localhost/rupaya"
    REDIS_URL = REDIS_URL or "redis://localhost:6379/0"
if not (_database_url and REDIS_URL):
    _engines = embedded.engines_ensure(home=VAR_DIR, postgres=not _database_url, valkey=not REDIS_URL)
    _owner_url = _owner_url if _database_url else str(_engines.owner_url)
    _sealer_url = _sealer_url if _database_url else str(_engines.sealer_url)
    if not _database_url:
        BACKUP_DATABASE_URL = BACKUP_DATABASE_URL or str(_engines.backup_url)
        BACKUP_DRILL_URL = BACKUP_DRILL_URL or str(_engines.superuser_url)
    _database_url = _database_url or str(_engines.database_url)
    REDIS_URL = REDIS_URL or str(_engines.redis_url)
    EMBEDDED_NOTICES = _engines.notices

if not REDIS_URL.startswith(("redis://", "rediss://", "unix://")):
    raise ImproperlyConfigured("REDIS_URL is not a URL of Redis; write it like redis://localhost:6379/0.")

_ssl: dict[str, Any] = {
    "ssl": _switch("DATABASE_SSL"),
    "root_certificate": env.str("DATABASE_SSL_ROOT_CERT", default=""),
}
_single: dict[str, Any] = _ssl | {"pool_size": None}
_pooled: dict[str, Any] = _ssl | {
    "pool_size": _number("DATABASE_POOL_SIZE", 10, least=1, most=200),
    "is_preparing": _switch("DATABASE_PREPARED_STATEMENTS", is_on=True),
}
DATABASES = {"default": environment.database_settings(_database_url, name="DATABASE_URL", **_pooled)}
if _replica_url:  # only read, and only by what asks rupaya.core.replica
    DATABASES["replica"] = environment.replica_settings(
        _replica_url, name="DATABASE_REPLICA_URL", primary=DATABASES["default"], **_pooled
    )
DATABASE_REPLICA_WAIT_MS = _number("DATABASE_REPLICA_WAIT_MS", 100, least=0, most=5000)
if _owner_url:  # only where migrations run; web and worker never hold the owner's password
    DATABASES["owner"] = environment.database_settings(_owner_url, name="DATABASE_OWNER_URL", **_single)
if _sealer_url:  # only where the audit log is sealed: the worker, never the web server
    DATABASES["sealer"] = environment.database_settings(_sealer_url, name="DATABASE_SEALER_URL", **_single)
BACKUP_DATABASE_URL = environment.libpq_url(BACKUP_DATABASE_URL, name="BACKUP_DATABASE_URL", **_ssl)
BACKUP_DRILL_URL = environment.libpq_url(BACKUP_DRILL_URL, name="BACKUP_DRILL_URL", **_ssl)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

CACHES = {
    "default": {
        "BACKEND": "django_redis.cache.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "rupaya",
        "OPTIONS": {
            "CLIENT_CLASS": "django_redis.client.DefaultClient",
            "PASSWORD": env.str("REDIS_PASSWORD", default="") or None,
            # Pickle would let whoever writes to Redis run code here.
            "SERIALIZER": "django_redis.serializers.json.JSONSerializer",
            "SOCKET_CONNECT_TIMEOUT": 0.3,
            "SOCKET_TIMEOUT": 0.3,
        },
    },
    "limits": {"BACKEND": "rupaya.core.counting.CountingCache"},  # in the same Redis
}

# ── Applications ─────────────────────────────────────────────────────────────────────────────────
INSTALLED_APPS = [
    "rupaya",  # first: its templates and its migrate command go before Django's
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.forms",
    "corsheaders",
    "django_htmx",
    "procrastinate.contrib.django",
    "rest_framework",
    "template_partials",
    "waffle",
    "audit",
    "flags",
    "accounts",
    "ledger",
]
MIDDLEWARE = [
    "rupaya.core.metrics.MetricsMiddleware",
    "rupaya.core.headers.SecurityHeadersMiddleware",
    "rupaya.core.middleware.RequestMiddleware",
    "rupaya.core.middleware.RefusalBodyMiddleware",
    "rupaya.core.health.HealthMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "corsheaders.middleware.CorsMiddleware",
    "rupaya.core.middleware.LimitsMiddleware",
    "rupaya.core.middleware.BodyLengthMiddleware",
    "rupaya.core.middleware.ConditionalMiddleware",
    "flags.middleware.FlagsMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "audit.middleware.RefusalRecordMiddleware",
    "rupaya.core.middleware.RefusalPageMiddleware",
]
ROOT_URLCONF = "rupaya.urls"
WSGI_APPLICATION = "rupaya.wsgi.application"
APPEND_SLASH = False
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "rupaya.core.web.page_context",
            ],
        },
    }
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"
MESSAGE_STORAGE = "django.contrib.messages.storage.cookie.CookieStorage"
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.MemoryFileUploadHandler"]
# Bytes of a whole upload: an attachment is at most 10 MiB, a statement 5. What is larger is never taken in.
FILE_UPLOAD_MAX_MEMORY_SIZE = 11 * 1024 * 1024
DATA_UPLOAD_MAX_MEMORY_SIZE = 6 * 1024 * 1024  # bytes of what comes beside files
DATA_UPLOAD_MAX_NUMBER_FIELDS = 500

# ── People ───────────────────────────────────────────────────────────────────────────────────────
AUTH_USER_MODEL = "accounts.User"
SILENCED_SYSTEM_CHECKS = [
    "auth.E003",  # it does not see that lower(email) is unique, which is stricter
    "security.W002",  # X-Frame-Options comes from rupaya.core.headers, with all the others
]
LOGIN_URL, LOGIN_REDIRECT_URL, LOGOUT_REDIRECT_URL = "login", "overview", "login"
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "accounts.passwords.MaximumLengthValidator"},
    {"NAME": "accounts.passwords.ContextWordValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ["email", "full_name"]},
    },
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
# Not cached in Redis: people must be able to sign in without it, and a sign-out it missed would come back with it.
SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_COOKIE_AGE = int(timedelta(days=14).total_seconds())
# waffle stores; what a flag says is decided in flags.rules alone, and nothing of it is cached in Redis.
WAFFLE_FLAG_MODEL = "flags.Flag"
WAFFLE_CREATE_MISSING_FLAGS = WAFFLE_FLAG_DEFAULT = WAFFLE_OVERRIDE = False
WAFFLE_ENABLE_ADMIN_PAGES = False  # for models that are not in use

# ── Security ─────────────────────────────────────────────────────────────────────────────────────
ALLOWED_HOSTS = [
    environment.host_of(FRONTEND_URL, name="FRONTEND_URL"),
    environment.host_of(API_BASE_URL, name="API_BASE_URL"),
]
if not IS_PRODUCTION:
    ALLOWED_HOSTS += ["localhost", "127.0.0.1", "[::1]", "testserver"]
CSRF_TRUSTED_ORIGINS = [FRONTEND_URL]
CSRF_FAILURE_VIEW = "rupaya.core.web.csrf_failure"
SECURE_SSL_REDIRECT = SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = IS_PRODUCTION
SESSION_COOKIE_NAME = "__Host-sessionid" if IS_PRODUCTION else "sessionid"
CSRF_COOKIE_NAME = "__Host-csrftoken" if IS_PRODUCTION else "csrftoken"
CSRF_COOKIE_HTTPONLY = True
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if IS_PRODUCTION else None
SECURE_HSTS_SECONDS = 31_536_000
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = True
SECURE_REFERRER_POLICY = "strict-origin-when-cross-origin"
X_FRAME_OPTIONS = "DENY"
# How many proxies of ours stand in front; the client's address is that many from the right of X-Forwarded-For.
TRUSTED_PROXY_HOPS = _number("TRUSTED_PROXY_HOPS", 1 if IS_PRODUCTION else 0, least=0, most=5)
CORS_ALLOWED_ORIGIN_REGEXES = environment.origin_patterns(
    # An empty one has a meaning of its own: nobody.
    os.environ.get("ALLOWED_ORIGINS", "localhost:8000,localhost:3001,*.rupaya.com")
)
CORS_URLS_REGEX = r"\A/v1/"
CORS_ALLOW_HEADERS = [*default_headers, "idempotency-key", "if-match", "if-none-match", "x-request-id"]
CORS_ALLOW_CREDENTIALS = False  # the API knows tokens alone; another origin never needs a cookie
CORS_EXPOSE_HEADERS = [
    "x-request-id", "etag", "idempotency-replayed", "retry-after", "content-disposition",
    "ratelimit", "ratelimit-policy", "ratelimit-limit", "ratelimit-remaining", "ratelimit-reset",
]  # fmt: skip

# ── Limits ───────────────────────────────────────────────────────────────────────────────────────
# What is counted, by name: at most so many in so many seconds (rupaya.core.limits).
RATE_LIMITS = {
    "api": _rate("RATE_LIMIT_API", "100/15m"),
    "transactions": _rate("RATE_LIMIT_TRANSACTIONS", "1000/h"),
    "login": _rate("RATE_LIMIT_LOGIN", "5/15m"),
    "login_address": _rate("RATE_LIMIT_LOGIN_ADDRESS", "300/15m"),
}
RATE_LIMIT_PEOPLE = environment.rates_of_people(
    env.str("RATE_LIMIT_PEOPLE", default=""), name="RATE_LIMIT_PEOPLE", limits=("api", "transactions")
)
# django-ratelimit's own. Its defaults are named too, because a setting that is not there is looked for anew each time.
RATELIMIT_USE_CACHE, RATELIMIT_CACHE_PREFIX = "limits", ""
RATELIMIT_ENABLE, RATELIMIT_HASH_ALGORITHM = True, hashlib.sha256

# ── API ──────────────────────────────────────────────────────────────────────────────────────────
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["accounts.authentication.AccessTokenAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rupaya.core.renderers.OrjsonRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rupaya.core.parsers.StrictJSONParser"],
    "EXCEPTION_HANDLER": "rupaya.core.problem.exception_handler",
    "URL_FORMAT_OVERRIDE": None,  # ?format= is no second Accept
    "DEFAULT_SCHEMA_CLASS": "rupaya.core.openapi.OperationSchema",
    "UNAUTHENTICATED_USER": None,
}

SPECTACULAR_SETTINGS = {  # what the schema is made of stands in rupaya.core.openapi
    "OAS_VERSION": "3.1.0",
    "SCHEMA_PATH_PREFIX": "/v1",
    "SCHEMA_PATH_PREFIX_TRIM": True,  # the server's address ends in it
    "COMPONENT_SPLIT_PATCH": False,
    "ENFORCE_NON_BLANK_FIELDS": True,
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "POSTPROCESSING_HOOKS": [],
}

# ── Language, time, files ────────────────────────────────────────────────────────────────────────
LANGUAGE_CODE = "en-in"
LANGUAGES = [("en-in", "English (India)")]
FORMAT_MODULE_PATH = ["rupaya.formats"]
USE_I18N = USE_TZ = True
TIME_ZONE = "Asia/Kolkata"
STATIC_URL = "/static/"
STATIC_ROOT = Path(env.str("STATIC_ROOT", default=str(VAR_DIR / "static")))
STATICFILES_DIRS = [BASE_DIR / "static"]
MEDIA_ROOT = Path(env.str("MEDIA_ROOT", default=str(VAR_DIR / "media")))
FILE_UPLOAD_PERMISSIONS, FILE_UPLOAD_DIRECTORY_PERMISSIONS = 0o600, 0o700
AWS_REGION = env.str("AWS_REGION", default="ap-south-1")
AWS_S3_BUCKET = env.str("AWS_S3_BUCKET", default="")
STORAGES = {
    "default": environment.media_storage(bucket=AWS_S3_BUCKET, region=AWS_REGION),
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if APP_ENV == "test"  # tests render pages without a collectstatic first
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}

# ── Mail, payments ───────────────────────────────────────────────────────────────────────────────
SENDGRID_API_KEY = env.str("SENDGRID_API_KEY", default="")
EMAIL_BACKEND = (
    "anymail.backends.sendgrid.EmailBackend" if SENDGRID_API_KEY else "django.core.mail.backends.console.EmailBackend"
)  # fmt: skip
ANYMAIL = {"SENDGRID_API_KEY": SENDGRID_API_KEY}
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="RUPAYA <no-reply@rupaya.com>")
RAZORPAY = {
    name: env.str(name, default="")
    for name in ("RAZORPAY_KEY_ID", "RAZORPAY_KEY_SECRET", "RAZORPAY_WEBHOOK_SECRET")
}
if any(RAZORPAY.values()) and not all(RAZORPAY.values()):
    raise ImproperlyConfigured(
        "RAZORPAY_KEY_ID, RAZORPAY_KEY_SECRET and RAZORPAY_WEBHOOK_SECRET go together: set all or none."
    )

# ── The audit log's seals ────────────────────────────────────────────────────────────────────────
# Which heads are signed as.
AUDIT_LOG_NAME = f"{environment.host_of(FRONTEND_URL, name='FRONTEND_URL')}/audit"
AUDIT_SIGNING_KEY = environment.signing_seed(
    env.str("AUDIT_SIGNING_KEY", default=""),
    made=None if IS_PRODUCTION else environment.derived_key(JWT_SECRET, purpose="audit"),
)
AUDIT_PUBLIC_KEYS = env.list("AUDIT_PUBLIC_KEYS", default=[])
AUDIT_ANCHOR_BUCKET = env.str("AUDIT_ANCHOR_BUCKET", default="")
AUDIT_ANCHOR_ENDPOINT = env.str("AUDIT_ANCHOR_ENDPOINT", default="")
AUDIT_ANCHOR_DAYS = _number("AUDIT_ANCHOR_DAYS", 3653, least=1, most=36_525)

# ── Backups ──────────────────────────────────────────────────────────────────────────────────────
BACKUP_PLACE = env.str("BACKUP_PLACE", default=str(VAR_DIR / "backups"))
BACKUP_RECIPIENTS = [
    one.strip() for one in env.str("BACKUP_RECIPIENTS", default="").split(",") if one.strip()
]
BACKUP_IDENTITY = env.str("BACKUP_IDENTITY", default="")

# ── Clients ──────────────────────────────────────────────────────────────────────────────────────
CLIENT_SENTRY_DSN = env.str("CLIENT_SENTRY_DSN", default="")
CLIENT_BUILD_NUMBER = _number("CLIENT_BUILD_NUMBER", 1, least=1, most=BUILD_MAX)
try:
    CLIENT_MINIMUM_VERSIONS = minimums_read(
        filter(None, map(str.strip, env.str("CLIENT_MINIMUM_VERSIONS", default="").split(",")))
    )
except ConfigInvalid as error:
    raise ImproperlyConfigured(str(error)) from error

# ── Logs and errors ──────────────────────────────────────────────────────────────────────────────
LOGGING_CONFIG = None
# A server's log is its stdout; a command's stdout is its data, so its log goes to stderr.
_is_server = not _command or _command[:2] == ["procrastinate", "worker"]
logging_configure(level=LOG_LEVEL, as_json=IS_PRODUCTION, stream="stdout" if _is_server else "stderr")
SENTRY_DSN = env.str("SENTRY_DSN", default="")
if SENTRY_DSN:
    sentry_start(dsn=SENTRY_DSN, environment=APP_ENV, release=f"{APP_NAME}@{APP_VERSION}")

# ── Metrics and traces ───────────────────────────────────────────────────────────────────────────
METRICS_BIND = environment.metrics_bind(env.str("METRICS_BIND", default=""), port=PORT)
SLOW_QUERY_MS = _number("SLOW_QUERY_MS", 500, least=1, most=60_000)
OTEL_EXPORTER_OTLP_ENDPOINT = env.str("OTEL_EXPORTER_OTLP_ENDPOINT", default="")
