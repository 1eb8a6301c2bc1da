"""The statements' addresses."""

from django.urls import path

from ledger.statements import views, web

api = [
    path("statements", views.StatementCollection.as_view()),
    path("statements/<uuid:statement_id>", views.StatementResource.as_view()),
    path("statements/<uuid:statement_id>/lines", views.StatementLineCollection.as_view()),
    path("statements/<uuid:statement_id>/confirm", views.StatementConfirmation.as_view()),
]
pages = [
    path("statements", web.statement_list, name="statement_list"),
    path("statements/<uuid:statement_id>", web.statement_detail, name="statement_detail"),
    path("statements/<uuid:statement_id>/confirm", web.statement_confirm, name="statement_confirm"),
    path("statements/<uuid:statement_id>/discard", web.statement_remove, name="statement_discard"),
]
