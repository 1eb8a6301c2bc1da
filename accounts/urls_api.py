"""People's addresses under /v1/."""

from django.urls import path

from accounts import views

urlpatterns = [
    path("auth/signup", views.Signup.as_view(), name="api_signup"),
    path("auth/login", views.Login.as_view(), name="api_login"),
    path("auth/refresh", views.Refresh.as_view(), name="api_refresh"),
    path("auth/logout", views.Logout.as_view(), name="api_logout"),
    path("me", views.Me.as_view(), name="api_me"),
]
