"""Structured logs: for people in development, one JSON object a line in production.

Event names read like `statement.import.rejected`; fields hold ids, never what they stand for. A
processor takes out what must not be in a log whoever wrote the line.
"""

from __future__ import annotations

import logging
import logging.config
import re
import sys
from collections.abc import MutableMapping
from typing import Any, Final

import sentry_sdk
import structlog
from django.core.exceptions import ImproperlyConfigured
from sentry_sdk.utils import BadDsn

_SECRET_KEYS: Final = re.compile(
    r"passw|secret|token|authori[sz]ation|cookie|api_?key|credential|account_?number|card|aadhaar"
    r"|(?<![a-z])(?:pan|t?otp|upi|vpa)s?(?![a-z])"  # as words: a span is none
)
_WORD_BEGINS: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")  # in camelCase
_SECRET_VALUES: Final = (
    re.compile(r"eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*"),  # a JWT
    re.compile(r"(?i)\b(?:bearer|basic)\s+[\w.~+/=-]{8,}"),
    re.compile(r"(?i)(?:\b|_)(password|passwd|secret|token)\b(\W{1,3})[^\s&,;]{3,}"),
    re.compile(r"(?<![\w-])\d{4}(?:[ -]\d{4}){2,3}(?![\w-])"),  # the same as printed on a card
    re.compile(r"(?<![\w-])[A-Z]{5}\d{4}[A-Z](?![\w-])"),  # a PAN of the income tax
    re.compile(r"://[^/\s:@]*:[^/\s@]+@"),  # a password in a URL
    re.compile(r"(?m)^\s*DETAIL:.*$"),  # PostgreSQL quotes the whole row that it refuses
    re.compile(r"(?<=/invitations/)[\w-]{40,}"),  # the link of an invitation lets its reader in
    re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"),  # an e-mail address
)
# Account and card numbers, also behind letters; what stands in a UUID or another hexadecimal id is none.
_NUMBERS: Final = re.compile(
    r"(?P<id>\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b|\b(?=\d*[a-f])[0-9a-f]{16,64}\b)|(?<!\d)\d{9,19}(?!\d)"
)
REDACTED: Final = "[redacted]"
_SAFE_KEYS: Final = frozenset(
    {"timestamp", "level", "logger", "request_id", "user_id", "duration_ms", "status"}
)


def redact(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Will take secrets and account numbers out of a log line, by key and by shape, at any depth."""
    for key, value in list(event.items()):
        if key not in _SAFE_KEYS:
            event[key] = redacted(key, value)
    return event


def refusals_calm(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Will make one line of what Django refused as suspicious: anybody can send such requests by the thousand."""
    if str(event.get("logger", "")).startswith("django.security"):
        event.pop("exc_info", None)
        event["level"] = "warning"
    return event


def redacted(key: str, value: Any) -> Any:
    """A value without secrets and account numbers, at any depth; under a name of a secret nothing of it is left."""
    if _SECRET_KEYS.search(_WORD_BEGINS.sub("_", key).lower()):
        return REDACTED
    if isinstance(value, dict):
        return {redacted("", str(name)): redacted(str(name), item) for name, item in value.items()}
    if isinstance(value, list | tuple | set):
        return [redacted("", item) for item in value]
    if isinstance(value, bool | int | type(None)):
        return REDACTED if isinstance(value, int) and abs(value) >= 10**9 else value
    if isinstance(value, float):  # a duration or an instant; money never is one
        return value
    text = str(value)
    for pattern in _SECRET_VALUES:
        text = pattern.sub(REDACTED, text)
    return _NUMBERS.sub(lambda found: found["id"] or REDACTED, text)


def logging_configure(*, level: str, as_json: bool, stream: str) -> None:
    """Will send structlog's and the standard library's lines through one chain to stdout or stderr.

    Raises ImproperlyConfigured for a level that does not exist.
    """
    if level not in logging.getLevelNamesMapping():
        raise ImproperlyConfigured(
            f"LOG_LEVEL is {level!r}; it must be debug, info, warning, error or critical."
        )
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        refusals_calm,
        structlog.processors.format_exc_info,
        redact,
    ]
    renderer = (
        structlog.processors.JSONRenderer()
        if as_json
        else structlog.dev.ConsoleRenderer(colors=getattr(sys, stream).isatty(), pad_event_to=24)
    )
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {
                "chain": {
                    "()": structlog.stdlib.ProcessorFormatter,
                    "foreign_pre_chain": shared,
                    "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
                }
            },
            "handlers": {
                "stream": {
                    "class": "logging.StreamHandler",
                    "stream": f"ext://sys.{stream}",
                    "formatter": "chain",
                }
            },
            "root": {"handlers": ["stream"], "level": level},
            "loggers": {name: {"level": least} for name, least in _THIRD_PARTY.items()},
        }
    )


# What libraries say below these levels is noise, and some of it (queries, bodies) is not for logs.
_THIRD_PARTY: Final = {
    "django": "WARNING",
    "django.request": "ERROR",
    "asyncio": "WARNING",
    "environ": "WARNING",
    "gunicorn.http": "ERROR",  # it warns of the body of an answer to HEAD, which it drops as it should
    "procrastinate": "WARNING",
    "psycopg": "WARNING",
    "urllib3": "WARNING",
    "botocore": "WARNING",
}


TRACES_SHARE: Final = 0.1  # of requests


def sentry_clean(event: Any, _hint: Any) -> Any:
    """What Sentry is sent: cleaned like a log line, and with the id that the log lines of the request have."""
    cleaned = redacted("", event)
    request_id = structlog.contextvars.get_contextvars().get("request_id", "")
    cleaned["tags"] = {**(cleaned.get("tags") or {}), "request_id": request_id}
    return cleaned


def sentry_start(*, dsn: str, environment: str, release: str) -> None:
    """Will send errors and a share of traces to Sentry, without local variables, bodies or personal data.

    Raises ImproperlyConfigured for an address that Sentry does not give.
    """
    try:
        sentry_sdk.init(
            dsn=dsn,
            environment=environment,
            release=release,
            send_default_pii=False,
            include_local_variables=False,
            max_request_body_size="never",
            traces_sample_rate=TRACES_SHARE,
            before_send=sentry_clean,
            before_send_transaction=sentry_clean,
        )
    except BadDsn as error:
        raise ImproperlyConfigured("SENTRY_DSN is not an address that Sentry gave.") from error
