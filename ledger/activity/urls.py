"""The pages that say what happened."""

from django.urls import path

from ledger.activity import web

pages = [
    path("activity", web.book_activity, name="activity_book"),
    path("activity/you", web.own_activity, name="activity_own"),
    path(
        "transactions/<uuid:transaction_id>/activity", web.transaction_activity, name="activity_transaction"
    ),
]
