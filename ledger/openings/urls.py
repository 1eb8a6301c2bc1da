"""The openings' addresses; `POST /v1/accounts` is answered where the list of accounts is."""

from django.urls import path

from ledger.openings import views

api = [path("accounts/<uuid:account_id>/opening_balance", views.OpeningBalance.as_view())]
