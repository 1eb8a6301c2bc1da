"""The merges' addresses."""

from django.urls import path

from ledger.merges import views

api = [
    path("accounts/<uuid:account_id>/merge", views.AccountMerging.as_view()),
    path("categories/<uuid:category_id>/merge", views.CategoryMerging.as_view()),
]
