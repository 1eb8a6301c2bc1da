"""The address of what changed."""

from django.urls import path

from ledger.sync import views

api = [path("sync", views.Sync.as_view())]
