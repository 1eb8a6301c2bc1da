"""As little Django as serves a view: no middleware, no sign-in; the same database pool as the product's."""

from __future__ import annotations

import os
from typing import Any

from rupaya.core.environment import database_settings

SECRET_KEY = "floor"
ALLOWED_HOSTS = ["*"]
ROOT_URLCONF = "tests.benchmarks.floor.urls"
INSTALLED_APPS = ["rest_framework", "tests.benchmarks.floor.orm"]
MIDDLEWARE: list[str] = []
USE_TZ = True
DATABASES = {
    "default": database_settings(
        os.environ["DATABASE_URL"], name="DATABASE_URL", ssl=False, root_certificate="", pool_size=10
    )
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
REST_FRAMEWORK: dict[str, Any] = {
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": [],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "UNAUTHENTICATED_USER": None,
}
