"""The ledger's part of /v1: one line a feature."""

from ledger.chart import urls as chart

urlpatterns = [*chart.api]
