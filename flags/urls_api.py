"""The flags' address under /v1/."""

from django.urls import path

from flags import views

urlpatterns = [
    path("flags", views.Flags.as_view(), name="api_flags"),
]
