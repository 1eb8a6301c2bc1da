"""The least that django-hordak runs with; its own process, its own database."""

import os

from rupaya.core.environment import database_settings

SECRET_KEY = "hordak"
INSTALLED_APPS = ["django.contrib.auth", "django.contrib.contenttypes", "mptt", "hordak"]
USE_TZ = True
DEFAULT_CURRENCY = "INR"
CURRENCIES = ["INR"]
HORDAK_INTERNAL_CURRENCY = "INR"
DATABASES = {
    "default": database_settings(
        os.environ["DATABASE_URL"], name="DATABASE_URL", ssl=False, root_certificate="", pool_size=10
    )
}
