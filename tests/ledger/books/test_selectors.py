from __future__ import annotations

import datetime as dt

import pytest

from ledger.books.selectors import (
    AccountNotInBook,
    MemberNotFound,
    account_shown,
    accounts_shown,
    book_view,
    books_of,
    invitation_to_deliver,
    invitations_open,
    member_of,
    members_of,
)
from ledger.books.services import book_open, invitation_revoke
from rupaya.core import clock
from rupaya.core.db import acting_as
from rupaya.core.ids import uuid7
from tests.ledger.books.sharing import invite, levels, restrict, share

LATER = dt.timedelta(days=7, seconds=1)


class TestBooksOf:
    def test_gives_each_book_with_ones_role_and_how_many_share_it(
        self, asha, bala, django_assert_num_queries
    ):
        share(asha, bala, "viewer")

        with acting_as(bala.actor), django_assert_num_queries(1):
            found = books_of(user_id=bala.id)

        assert [(view.book, view.role, view.members_count) for view in found] == [
            (bala.book, "owner", 1),
            (asha.book, "viewer", 2),
        ]

    def test_gives_nothing_of_somebody_else(self, asha, bala, chitra):
        share(asha, bala)

        with acting_as(chitra.actor):
            assert books_of(user_id=asha.id) == []


class TestBookView:
    def test_is_one_query(self, asha, django_assert_num_queries):
        with acting_as(asha.actor), django_assert_num_queries(1):
            view = book_view(book=asha.book, user_id=asha.id)

        assert (view.book, view.role, view.members_count) == (asha.book, "owner", 1)


class TestMembersOf:
    def test_gives_people_in_the_order_in_which_they_came(self, asha, bala, django_assert_num_queries):
        share(asha, bala)

        with acting_as(bala.actor), django_assert_num_queries(1):
            found = [(member.user.email, member.role) for member in members_of(book=asha.book)]

        assert found == [(asha.user.email, "owner"), (bala.user.email, "editor")]


class TestMemberOf:
    def test_refuses_whoever_is_none(self, asha, chitra):
        with acting_as(asha.actor), pytest.raises(MemberNotFound):
            member_of(book=asha.book, user_id=chitra.id)


class TestInvitationsOpen:
    def test_leaves_out_what_is_over(self, asha, bala, django_assert_num_queries):
        share(asha, bala)
        waiting, _ = invite(asha, "waiting@example.in")
        revoked, _ = invite(asha, "revoked@example.in")
        with acting_as(asha.actor):
            invitation_revoke(book=asha.book, invitation_id=revoked)

            with django_assert_num_queries(1):
                found = [(i.pk, i.invited_by) for i in invitations_open(book=asha.book, now=clock.now())]
            late = invitations_open(book=asha.book, now=clock.now() + LATER)

        assert found == [(waiting, asha.user)]
        assert late == []


class TestInvitationToDeliver:
    def test_is_none_once_it_is_over_and_for_whoever_is_no_owner(self, asha, bala):
        share(asha, bala)
        identity, _ = invite(asha, "waiting@example.in")

        with acting_as(asha.actor):
            found = invitation_to_deliver(invitation_id=identity, now=clock.now())
            assert found is not None
            assert found.book == asha.book
            assert invitation_to_deliver(invitation_id=identity, now=clock.now() + LATER) is None
            assert invitation_to_deliver(invitation_id=uuid7(), now=clock.now()) is None
        with acting_as(bala.actor):
            assert invitation_to_deliver(invitation_id=identity, now=clock.now()) is None


class TestAccountsShown:
    def test_gives_an_owner_everything_and_the_member_what_they_may_know(
        self, asha, bala, django_assert_num_queries
    ):
        share(asha, bala)
        restrict(asha, bala, "Savings account", "hidden")
        restrict(asha, bala, "Cash", "read")

        with acting_as(asha.actor), django_assert_num_queries(2):
            everything = accounts_shown(book=asha.book, user_id=bala.id)
        with acting_as(bala.actor):
            theirs = accounts_shown(book=asha.book, user_id=bala.id)

        assert {account.type for account in everything} == {"asset", "liability"}
        assert levels(asha, asha, bala) == {"Savings account": "hidden", "Cash": "read"}
        assert levels(bala, asha, bala) == {"Cash": "read"}
        assert {account.name for account in everything} - {account.name for account in theirs} == {
            "Savings account"
        }


class TestAccountShown:
    def test_finds_one_and_refuses_what_holds_no_money(self, asha):
        with acting_as(asha.actor):
            cash = account_shown(book=asha.book, user_id=asha.id, account_id=asha.account("Cash").pk)
            assert (cash.name, cash.visibility) == ("Cash", "full")
            for account_id in (asha.account("Groceries").pk, uuid7()):
                with pytest.raises(AccountNotInBook):
                    account_shown(book=asha.book, user_id=asha.id, account_id=account_id)

    def test_finds_none_in_an_empty_book(self, asha):
        with acting_as(asha.actor):
            empty = book_open(name="Empty")

            assert accounts_shown(book=empty, user_id=asha.id) == []
