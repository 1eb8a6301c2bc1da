"""The log's address under /v1/."""

from django.urls import path

from audit import views

urlpatterns = [path("audit", views.EntryCollection.as_view(), name="api_audit")]
