"""The reports' addresses."""

from django.urls import path

from ledger.reports import web
from ledger.reports.views import AccountCollection

api = [path("accounts", AccountCollection.as_view())]
pages = [
    path("", web.overview, name="overview"),
    path("accounts", web.account_list, name="account_list"),
]
