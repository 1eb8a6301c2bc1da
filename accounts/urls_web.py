"""People's pages."""

from django.urls import path

from accounts import web

urlpatterns = [
    path("signup", web.signup, name="signup"),
    path("login", web.login, name="login"),
    path("logout", web.logout, name="logout"),
]
