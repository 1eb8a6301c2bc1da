"""The door that gunicorn opens."""

import os
import sys

from django.core.exceptions import ImproperlyConfigured
from django.core.wsgi import get_wsgi_application

BOOT_FAILED = 3  # the code at which gunicorn stops for good instead of starting the next worker

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "rupaya.settings")
try:
    application = get_wsgi_application()
except ImproperlyConfigured as error:
    sys.stderr.write(f"{error}\n")
    sys.exit(BOOT_FAILED)
