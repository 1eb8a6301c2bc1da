"""The addresses of one transaction over time."""

from django.urls import path

from ledger.amendments import views, web

api = [
    path("transactions/batch", views.TransactionBatch.as_view()),
    path("transactions/undo", views.TransactionUndo.as_view()),
    path("transactions/<uuid:transaction_id>", views.TransactionDetail.as_view()),
    path("transactions/<uuid:transaction_id>/history", views.TransactionHistory.as_view()),
    path("transactions/<uuid:transaction_id>/restore", views.TransactionRestore.as_view()),
    path("transactions/<uuid:transaction_id>/void", views.TransactionVoiding.as_view()),
]
pages = [
    path("transactions/<uuid:transaction_id>", web.transaction_detail, name="transaction_detail"),
    path("transactions/<uuid:transaction_id>/void", web.transaction_void, name="transaction_void"),
    path("transactions/<uuid:transaction_id>/restore", web.transaction_restore, name="transaction_restore"),
]
