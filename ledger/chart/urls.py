"""The chart's addresses."""

from django.urls import path

from ledger.chart.views import CategoryCollection

api = [path("categories", CategoryCollection.as_view())]
