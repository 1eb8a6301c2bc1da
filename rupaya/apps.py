"""The project as an app: it holds the commands, the template tags and the checks."""

from django.apps import AppConfig
from django.conf import settings


class RupayaConfig(AppConfig):
    """What all apps share."""

    name = "rupaya"

    def ready(self) -> None:
        """Will register checks and gauges, watch for slow statements, and trace where that is asked for."""
        from rupaya.core import checks  # noqa: F401, PLC0415  # importing registers them
        from rupaya.core.metrics import gauges_register  # noqa: PLC0415  # apps must be loaded first
        from rupaya.core.replica import replica_gauges  # noqa: PLC0415
        from rupaya.core.slow_queries import slow_queries_watch  # noqa: PLC0415

        slow_queries_watch()
        gauges_register(replica_gauges)
        if settings.OTEL_EXPORTER_OTLP_ENDPOINT:
            from rupaya.core.tracing import tracing_start  # noqa: PLC0415  # only who traces loads the libraries

            tracing_start(
                service=settings.APP_NAME.lower(), version=settings.APP_VERSION, environment=settings.APP_ENV
            )
