"""The page that a letter's link leads to."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from ledger.books.services import MemberAlready, invitation_accept, invitation_show
from rupaya.core.web import page


@page
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """`/invitations/<token>`: what one is invited to, and the button that accepts it.

    Nothing is accepted by opening the link: programs that read mail open links too.
    """
    try:
        letter = invitation_show(token=token)
        if request.method != "POST":
            return render(request, "ledger/books/invitation.html", {"letter": letter})
        invitation_accept(token=token)
    except MemberAlready:  # a second click, or a link that was followed twice
        messages.info(request, "You are a member of this book already.")
    else:
        messages.success(request, f"You now share “{letter.book_name}”.")
    return redirect("overview")
