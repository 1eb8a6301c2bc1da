"""The books' addresses."""

from django.urls import path

from ledger.books import views, web

_MEMBER = "books/<uuid:book_id>/members/<uuid:user_id>"
api = [
    path("books", views.BookCollection.as_view()),
    path("books/<uuid:book_id>", views.BookResource.as_view()),
    path("books/<uuid:book_id>/ownership", views.Ownership.as_view()),
    path("books/<uuid:book_id>/members", views.MemberCollection.as_view()),
    path(_MEMBER, views.MemberResource.as_view()),
    path(f"{_MEMBER}/accounts", views.MemberAccountCollection.as_view()),
    path(f"{_MEMBER}/accounts/<uuid:account_id>", views.MemberAccountResource.as_view()),
    path("books/<uuid:book_id>/invitations", views.InvitationCollection.as_view()),
    path("books/<uuid:book_id>/invitations/<uuid:invitation_id>", views.InvitationResource.as_view()),
    path("invitations/accept", views.InvitationAcceptance.as_view()),
]
pages = [
    path("books/new", web.book_new, name="book_new"),
    path("invitations/<slug:token>", web.invitation, name="invitation"),
]
