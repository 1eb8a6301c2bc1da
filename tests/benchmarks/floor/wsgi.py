"""The door that gunicorn opens."""

import os

os.environ["DJANGO_SETTINGS_MODULE"] = "tests.benchmarks.floor.settings"

from django.core.wsgi import get_wsgi_application  # the settings must be named before

application = get_wsgi_application()
