"""Reading the environment: odd values fail at start with one sentence that names the variable."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import os
import re
import secrets
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qs, unquote, urlsplit
from uuid import UUID

import environ
from django.core.exceptions import ImproperlyConfigured
from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict, make_conninfo

SECRET_BYTES_MIN: Final = 32
_DEFAULT_PASSWORDS: Final = frozenset(
    [
        "password",
        "postgres",
        "rupaya",
        "rupaya_user",
        "rupaya_owner",
        "rupaya_sealer",
        "rupaya_backup",
        "secret",
        "changeme",
        "change-me",
        "redis",
        "admin",
        "123456",
    ]
)
_LOGINS: Final = ("DATABASE_URL", "DATABASE_OWNER_URL", "DATABASE_SEALER_URL")
# A replica's password is the primary's; who makes backups or drills them may come by a socket.
_LOGINS_BY_OTHER_WAYS: Final = ("DATABASE_REPLICA_URL", "BACKUP_DATABASE_URL", "BACKUP_DRILL_URL")
_NOT_A_DATABASE_URL: Final = (
    "{name} is not a PostgreSQL URL; write it like postgresql://rupaya_user:password@localhost:5432/rupaya."
)
_NOT_A_REPLICA_URL: Final = (
    "{name} is not a PostgreSQL URL with a host; write it like postgresql://replica.internal:5432."
)
_ORIGIN: Final = re.compile(
    r"(?:(?P<scheme>https?)://)?(?P<wild>\*\.)?(?P<host>[a-z0-9-]+(?:\.[a-z0-9-]+)*)(?P<port>:\d{1,5})?",
    re.ASCII,
)

_RATE: Final = re.compile(r"(?P<most>[1-9]\d{0,8})/(?P<many>[1-9]\d{0,4})?(?P<unit>[smhd])", re.ASCII)
_PERIODS_S: Final = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_RATE_OF_PERSON: Final = re.compile(
    r"(?P<person>[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}):(?P<limit>[a-z_]+)=(?P<rate>\S+)",
    re.ASCII | re.IGNORECASE,
)


def database_settings(
    url: str,
    *,
    name: str,
    ssl: bool,
    root_certificate: str,
    pool_size: int | None,
    pool_wait_s: int = 10,
    is_preparing: bool = False,
) -> dict[str, Any]:
    """Will turn a libpq URL into an entry of DATABASES.

    Everything libpq understands is understood, a socket directory in `?host=` too. pool_size is the
    pool's maximum per process; None opens one plain connection. pool_wait_s: how long one waits for a connection of
    the pool. is_preparing: whether statements that ask for it
    are prepared. Raises ImproperlyConfigured, naming the variable `name`.
    """
    try:
        parts = conninfo_to_dict(url)
    except ProgrammingError as error:
        raise ImproperlyConfigured(_NOT_A_DATABASE_URL.format(name=name)) from error
    if not re.fullmatch(
        r"[\d,]*", str(parts.get("port") or "")
    ):  # which libpq itself finds only when it connects
        raise ImproperlyConfigured(_NOT_A_DATABASE_URL.format(name=name))
    if not parts.get("dbname") or not parts.get("user"):
        raise ImproperlyConfigured(f"{name} must name a database and a user.")
    options: dict[str, Any] = {key: parts.pop(key) for key in list(parts) if key not in _DJANGO_KEYS}
    if ssl:
        options |= _ssl_options(root_certificate)
    if pool_size is not None:
        # min_size 1: a command holds one connection, not four. timeout: seconds until a full pool says so.
        options["pool"] = {"min_size": 1, "max_size": pool_size, "timeout": pool_wait_s}
    if is_preparing:  # only what asks for it, by rupaya.core.prepared
        options["prepare_threshold"] = 1  # at the second time; PostgreSQL then plans it five times more
    return {
        "ENGINE": "django.db.backends.postgresql",
        **{django_key: str(parts.get(key) or "") for key, django_key in _DJANGO_KEYS.items()},
        "OPTIONS": options,
        "CONN_MAX_AGE": 0,
        "CONN_HEALTH_CHECKS": True,
    }


def replica_settings(url: str, *, name: str, primary: Mapping[str, Any], **given: Any) -> dict[str, Any]:
    """Will turn a libpq URL into the entry of DATABASES that reads from a streaming replica of `primary`, its entry.

    Nothing writes there and nobody waits long for it. A replica has the primary's roles, passwords and databases: what
    the URL leaves out is the primary's, and role and database can be no others, since another role could be above
    row-level security. Raises ImproperlyConfigured, naming the variable `name`. given: what `database_settings` takes.
    """
    try:
        parts = conninfo_to_dict(url)
    except ProgrammingError as error:
        raise ImproperlyConfigured(_NOT_A_REPLICA_URL.format(name=name)) from error
    if not parts.get("host"):
        raise ImproperlyConfigured(_NOT_A_REPLICA_URL.format(name=name))
    login = {key: primary[_DJANGO_KEYS[key]] for key in ("user", "password", "dbname")}
    entry = database_settings(make_conninfo("", **{**login, **parts}), name=name, pool_wait_s=1, **given)
    if (entry["USER"], entry["NAME"]) != (primary["USER"], primary["NAME"]):
        raise ImproperlyConfigured(f"{name} must name the role and the database of DATABASE_URL, or neither.")
    options = entry["OPTIONS"]
    entry["OPTIONS"] = {
        **_KEEPALIVES,
        **options,
        "options": f"{options.get('options', '')} -c default_transaction_read_only=on".strip(),
    }
    # Its own way to look whether it answers has an end, which a health check has not: rupaya.core.replica.
    return entry | {"CONN_HEALTH_CHECKS": False, "TEST": {"MIRROR": "default"}}


# A machine that is gone says nothing: after 11 s without a word the connection is broken, and the primary serves.
_KEEPALIVES: Final = {"keepalives_idle": 5, "keepalives_interval": 2, "keepalives_count": 3}
_DJANGO_KEYS: Final = {
    "host": "HOST",
    "port": "PORT",
    "user": "USER",
    "password": "PASSWORD",
    "dbname": "NAME",
}


def _ssl_options(root_certificate: str) -> dict[str, str]:
    if root_certificate:
        return {"sslmode": "verify-full", "sslrootcert": root_certificate}
    return {"sslmode": "require"}


def libpq_url(url: str, *, name: str, ssl: bool, root_certificate: str) -> str:
    """Will say in a libpq URL what DATABASE_SSL asks for, where the URL says nothing of TLS itself.

    For what libpq connects by itself, pg_dump among it. '' stays ''. Raises ImproperlyConfigured, naming the variable
    `name`.
    """
    try:
        parts = conninfo_to_dict(url)
    except ProgrammingError as error:
        raise ImproperlyConfigured(_NOT_A_DATABASE_URL.format(name=name)) from error
    if not ssl or not url or {"sslmode", "sslrootcert"} & parts.keys():
        return url
    return make_conninfo("", **{**parts, **_ssl_options(root_certificate)})


def metrics_bind(text: str, *, port: int) -> str:
    """Will check the address that metrics are read at; '' is nowhere.

    It must have a port of its own: what comes to the public one is never answered with metrics.
    Raises ImproperlyConfigured.
    """
    host, _, own = text.rpartition(":")
    if text and (not host or not own.isascii() or not own.isdigit() or not 1 <= int(own) <= 65535):
        raise ImproperlyConfigured(
            f"METRICS_BIND is {text!r}; it must be an address and a port, for example 127.0.0.1:9464."
        )
    if own == str(port):
        raise ImproperlyConfigured("METRICS_BIND has the port of the service; it needs one of its own.")
    return text


def media_storage(*, bucket: str, region: str) -> dict[str, Any]:
    """Will make the entry of STORAGES for what people upload: a private S3 bucket, or without one a local folder.

    Nothing is public: addresses are signed (Signature Version 4) and short-lived. boto3 finds the credentials itself.
    """
    if not bucket:
        return {"BACKEND": "django.core.files.storage.FileSystemStorage"}
    options = {
        "bucket_name": bucket,
        "region_name": region,
        "default_acl": None,  # the bucket decides, and it is private
        "querystring_auth": True,
        "signature_version": "s3v4",
        "addressing_style": "virtual",
    }
    return {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": options}


def development_secrets(directory: Path) -> dict[str, str]:
    """Will make JWT_SECRET and JWT_REFRESH_SECRET once for a development machine and keep them.

    Kept in `directory`/secrets.json, readable by its owner only, so that a restart signs nobody out.
    """
    path = directory / "secrets.json"
    try:
        return dict(json.loads(path.read_text()))
    except (OSError, ValueError):
        made = {name: secrets.token_urlsafe(48) for name in ("JWT_SECRET", "JWT_REFRESH_SECRET")}
    directory.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(f".{os.getpid()}")
    draft.touch(mode=0o600)
    draft.write_text(json.dumps(made))
    try:
        os.link(draft, path)  # fails where another process was first: then its secrets count
    except FileExistsError:
        made = dict(json.loads(path.read_text()))
    finally:
        draft.unlink()
    return made


def signing_seed(text: str, *, made: str | None) -> bytes:
    """The 32 bytes that an Ed25519 key is made of, from base64; where there are none, from `made` (hexadecimal) or b"".

    Raises ImproperlyConfigured.
    """
    if not text:
        return bytes.fromhex(made or "")
    try:
        seed = base64.b64decode(text, validate=True)
    except binascii.Error:
        seed = b""
    if len(seed) != SECRET_BYTES_MIN or len(set(seed)) < 10:
        raise ImproperlyConfigured("AUDIT_SIGNING_KEY must be 32 random bytes in base64.")
    return seed


def derived_key(secret: str, *, purpose: str) -> str:
    """A key of 64 hexadecimal digits for one purpose, from a secret that serves another."""
    return hmac.new(secret.encode(), purpose.encode(), hashlib.sha256).hexdigest()


def origin_patterns(text: str) -> list[str]:
    """Will turn ALLOWED_ORIGINS into anchored regular expressions over a whole Origin header.

    Without a scheme an origin means https, and http too for localhost. `*.` stands for one label
    or more, never for none. Raises ImproperlyConfigured for anything else.
    """
    return [_origin_pattern(item.strip().lower()) for item in text.split(",") if item.strip()]


def _origin_pattern(origin: str) -> str:
    match = _ORIGIN.fullmatch(origin)
    is_local = bool(match) and match["host"] == "localhost"  # type: ignore[index]
    if (
        not match
        or (match["scheme"] == "http" and not is_local)
        or (match["wild"] and "." not in match["host"])
    ):
        raise ImproperlyConfigured(
            f"ALLOWED_ORIGINS has {origin!r}; write hosts like app.rupaya.com, *.rupaya.com or localhost:3001 "
            "(http only for localhost)."
        )
    scheme = match["scheme"] or ("https?" if is_local else "https")
    labels = r"(?:[a-z0-9-]+\.)+" if match["wild"] else ""
    return rf"\A{scheme}://{labels}{re.escape(match['host'])}{match['port'] or ''}\Z"


def rate_read(text: str, *, name: str) -> tuple[int, int]:
    """Will read a rate like `100/15m` as (how many, in how many seconds); raises ImproperlyConfigured.

    Nothing is guessed: django-ratelimit itself would read `1000/H` as a thousand a second.
    """
    match = _RATE.fullmatch(text.strip())
    period_s = int(match["many"] or 1) * _PERIODS_S[match["unit"]] if match else 0
    if not match or period_s > _PERIODS_S["d"]:
        raise ImproperlyConfigured(
            f"{name} has {text!r}; write how many, a slash, and a time of at most a day, like 100/15m or 1000/h."
        )
    return int(match["most"]), period_s


def rates_of_people(text: str, *, name: str, limits: Sequence[str]) -> dict[tuple[str, str], tuple[int, int]]:
    """Will read `<person's id>:<limit>=<rate>, …` as {(id, limit): rate}; raises ImproperlyConfigured."""
    found: dict[tuple[str, str], tuple[int, int]] = {}
    for item in filter(None, map(str.strip, text.split(","))):
        match = _RATE_OF_PERSON.fullmatch(item)
        if not match or match["limit"] not in limits:
            raise ImproperlyConfigured(
                f"{name} has {item!r}; write a person's id, a colon, one of {', '.join(limits)}, an equals sign and a "
                "rate like 1000/15m."
            )
        key = (str(UUID(match["person"])), match["limit"])
        if key in found:
            raise ImproperlyConfigured(f"{name} names {key[0]}:{key[1]} twice.")
        found[key] = rate_read(match["rate"], name=name)
    return found


def host_of(url: str, *, name: str) -> str:
    """The host of an absolute http(s) URL; raises ImproperlyConfigured, naming the variable."""
    try:
        parts = urlsplit(url)
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ImproperlyConfigured(f"{name} must be an absolute URL like https://app.rupaya.com.")
    return parts.hostname


def production_refusal(values: Mapping[str, str]) -> str | None:
    """The first reason why production must not start with these variables, or None.

    `values` holds the variables by their names in .env.example; one that is absent counts as empty.
    """
    missing = next((name for name in ("DATABASE_URL", "REDIS_URL") if not values.get(name)), None)
    if missing:
        return f"{missing} is not set; production never uses the embedded engines or an in-process cache."
    weak = next(
        (name for name in ("JWT_SECRET", "JWT_REFRESH_SECRET") if _is_weak(values.get(name, ""))), None
    )
    if weak:
        return f"{weak} must be at least {SECRET_BYTES_MIN} random bytes in production."
    if values["JWT_SECRET"] == values["JWT_REFRESH_SECRET"]:
        return "JWT_REFRESH_SECRET must differ from JWT_SECRET."
    return _password_refusal(values) or _mode_refusal(values)


def _password_refusal(values: Mapping[str, str]) -> str | None:
    for name in (*_LOGINS, *_LOGINS_BY_OTHER_WAYS):
        if not values.get(name):
            continue
        try:
            password = str(conninfo_to_dict(values[name]).get("password") or "")
        except ProgrammingError:
            return _NOT_A_DATABASE_URL.format(name=name)
        if password.lower() in _DEFAULT_PASSWORDS or (name in _LOGINS and not password):
            return f"{name} has no password or a default one; production needs its own."
    try:
        given = _redis_passwords(values["REDIS_URL"])
    except ValueError:
        return "REDIS_URL is not a URL; write it like redis://localhost:6379/0."
    if values.get("REDIS_PASSWORD", "").lower() in _DEFAULT_PASSWORDS:
        return "REDIS_PASSWORD is a default password; production needs its own."
    if any(password.lower() in _DEFAULT_PASSWORDS for password in given):
        return "REDIS_URL has a default password; production needs its own."
    return None


def _redis_passwords(url: str) -> list[str]:
    """The passwords that redis-py reads in a URL, which go before REDIS_PASSWORD."""
    parts = urlsplit(url)
    return [unquote(parts.password or ""), *parse_qs(parts.query).get("password", [])]


def _mode_refusal(values: Mapping[str, str]) -> str | None:
    if values.get("DEBUG", "").strip().lower() in environ.Env.BOOLEAN_TRUE_STRINGS:
        return "DEBUG must be off in production."
    if not values.get("SENDGRID_API_KEY", "").strip():
        return "SENDGRID_API_KEY is not set; production would send no mail."
    if bool(values.get("DATABASE_SEALER_URL")) != bool(values.get("AUDIT_SIGNING_KEY")):
        return "DATABASE_SEALER_URL and AUDIT_SIGNING_KEY go together: the worker that seals has both, others neither."
    return None


def _is_weak(secret: str) -> bool:
    return len(secret.encode()) < SECRET_BYTES_MIN or len(set(secret)) < 10
