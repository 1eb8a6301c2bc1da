"""The clients' configuration under /v1/."""

from django.urls import path

from rupaya.client_config import views

urlpatterns = [
    path("config", views.Config.as_view(), name="api_config"),
]
