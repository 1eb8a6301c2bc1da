"""The page that a letter's link leads to, and the one for who has no book any more."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from ledger.books.forms import BookForm
from ledger.books.rules import name_for
from ledger.books.selectors import books_of
from ledger.books.services import MemberAlready, book_start, invitation_accept, invitation_show
from rupaya.core.web import page, user_id_of


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


@page
def book_new(request: HttpRequest) -> HttpResponse:
    """`/books/new`: opens a book for who gave away or left the only one; who has one is led to it.

    So a second click opens no second book.
    """
    if books_of(user_id=user_id_of(request)):
        return redirect("overview")
    name = name_for(full_name=getattr(request.user, "full_name", ""))
    form = BookForm(request.POST or None, initial={"name": name})
    if request.method == "POST" and form.is_valid():
        book = book_start(name=form.cleaned_data["name"])
        messages.success(request, f"“{book.name}” is open.")
        return redirect("overview")
    is_refused = request.method == "POST"
    return render(request, "ledger/books/book_new.html", {"form": form}, status=400 if is_refused else 200)
