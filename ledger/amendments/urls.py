"""The addresses of one transaction over time."""

from django.urls import path

from ledger.amendments import views

api = [
    path("transactions/batch", views.TransactionBatch.as_view()),
    path("transactions/undo", views.TransactionUndo.as_view()),
    path("transactions/<uuid:transaction_id>", views.TransactionDetail.as_view()),
    path("transactions/<uuid:transaction_id>/history", views.TransactionHistory.as_view()),
    path("transactions/<uuid:transaction_id>/restore", views.TransactionRestore.as_view()),
    path("transactions/<uuid:transaction_id>/void", views.TransactionVoiding.as_view()),
]
