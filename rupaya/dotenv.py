"""The variables that the process was started with, and `.env`: one way for the settings and for gunicorn."""

from __future__ import annotations

import os
from pathlib import Path

import environ
from django.core.exceptions import ImproperlyConfigured

PLACE = Path(__file__).resolve().parent.parent / ".env"


def variables_read() -> dict[str, str]:
    """Will add to the process's environment what `.env` says and it lacks; gives all that says something.

    An empty variable counts as one that is not set, since docker-compose.yml passes every name on, also those that
    nobody set. Raises ImproperlyConfigured.
    """
    try:
        environ.Env.read_env(PLACE)
    except UnicodeDecodeError as error:
        raise ImproperlyConfigured(".env is not UTF-8 text; start again from .env.example.") from error
    return {name: value for name, value in os.environ.items() if value}
