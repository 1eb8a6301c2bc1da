"""The journal's addresses."""

from django.urls import path

from ledger.journal import web
from ledger.journal.views import TransactionCollection

api = [path("transactions", TransactionCollection.as_view())]
pages = [
    path("transactions", web.transaction_list, name="transaction_list"),
    path("transactions/new", web.transaction_new, name="transaction_new"),
]
