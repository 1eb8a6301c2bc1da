"""Four addresses: two bare views, and the two that Django REST framework makes from models."""

from django.urls import path
from rest_framework.routers import SimpleRouter

from tests.benchmarks.floor import views
from tests.benchmarks.floor.orm.views import TransactionViewSet

router = SimpleRouter(trailing_slash=False)
router.register("orm/transactions", TransactionViewSet)
urlpatterns = [path("post", views.post), path("list", views.page), *router.urls]
