"""The exports' addresses."""

from django.urls import path

from ledger.exports import web
from ledger.exports.views import TransactionExport

api = [path("transactions/export", TransactionExport.as_view())]
pages = [path("transactions/export", web.transaction_export, name="transaction_export")]
