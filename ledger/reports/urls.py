"""The reports' addresses."""

from django.urls import path

from ledger.reports import views, web

api = [
    path("accounts", views.AccountCollection.as_view()),
    path("reports/balances", views.Balances.as_view()),
    path("reports/trial_balance", views.TrialBalance.as_view()),
    path("reports/balance_sheet", views.BalanceSheet.as_view()),
    path("reports/income_statement", views.IncomeStatement.as_view()),
    path("reports/cash_flow", views.CashFlow.as_view()),
    path("reports/category_trend", views.CategoryTrend.as_view()),
    path("reports/net_worth", views.NetWorth.as_view()),
    path("reports/payees", views.Payees.as_view()),
    path("reports/tags", views.Tags.as_view()),
]
pages = [
    path("", web.overview, name="overview"),
    path("accounts", web.account_list, name="account_list"),
]
