"""The chart's addresses."""

from django.urls import path

from ledger.chart import views

api = [
    path("accounts/<uuid:account_id>", views.AccountResource.as_view()),
    path("accounts/<uuid:account_id>/close", views.AccountClosing.as_view()),
    path("accounts/<uuid:account_id>/reopen", views.AccountReopening.as_view()),
    path("categories", views.CategoryCollection.as_view()),
    path("categories/<uuid:category_id>", views.CategoryResource.as_view()),
    path("categories/<uuid:category_id>/close", views.CategoryClosing.as_view()),
    path("categories/<uuid:category_id>/reopen", views.CategoryReopening.as_view()),
]
