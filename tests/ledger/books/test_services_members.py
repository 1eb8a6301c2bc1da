"""Who shares a book: invitations, roles, leaving, and what each member sees."""

from __future__ import annotations

import psycopg
import pytest
from django.core import mail
from procrastinate.contrib.django.models import ProcrastinateJob

from ledger.books.access import AccountReadOnly, BookNotFound, BookReadOnly, book_for
from ledger.books.models import Invitation
from ledger.books.rules import token_make
from ledger.books.selectors import (
    AccountNotInBook,
    InvitationNotFound,
    MemberNotFound,
)
from ledger.books.services import (
    INVITATION_TASK,
    AccountAlwaysShown,
    BookNeedsOwner,
    InvitationExpired,
    InvitationForAnother,
    InvitationRevoked,
    InvitationUsed,
    MemberAlready,
    OwnerSeesAll,
    OwnershipYours,
    invitation_accept,
    invitation_mail_deliver,
    invitation_revoke,
    invitation_show,
    member_invite,
    member_remove,
    member_role_set,
    ownership_transfer,
    visibility_set,
)
from ledger.chart.selectors import AccountUnknown
from ledger.chart.services import account_for
from ledger.statements.selectors import StatementNotFound, statement_of
from ledger.statements.services import statement_discard, statement_draft, statement_post
from rupaya.core.db import acting_as
from rupaya.core.errors import DomainError
from rupaya.core.ids import uuid7
from tests.accounts.phone import at_once
from tests.ledger.books.sharing import invite, levels, restrict, role_in, roles, share
from tests.ledger.desk import NOW, bank_import, record
from tests.support.cast import Person
from tests.support.engines import ROOT

STATEMENT = ROOT / "tests/ledger/statements/fixtures/hdfc_delimited.txt"


def expire(admin_url, invitation_id):
    with psycopg.connect(admin_url, autocommit=True) as admin:
        admin.execute(
            """UPDATE ledger_invitation SET created_at = created_at - interval '8 days',
                      expires_at = expires_at - interval '8 days' WHERE id = %s""",
            [invitation_id],
        )


class TestMemberInvite:
    def test_queues_the_letter_and_keeps_only_the_tokens_hash(self, asha):
        identity, token = invite(asha, "new@example.in", "viewer")

        job = ProcrastinateJob.objects.get(args__invitation_id=str(identity))
        with acting_as(asha.actor):
            kept = Invitation.objects.get(pk=identity)

        assert (job.task_name, job.status) == (INVITATION_TASK, "todo")
        assert job.args == {"invitation_id": str(identity), "inviter_id": str(asha.id)}
        assert (kept.email, kept.role, kept.invited_by_id) == ("new@example.in", "viewer", asha.id)
        assert (kept.expires_at - kept.created_at).days == 7
        assert token not in str(vars(kept)) + str(job.args)

    def test_ends_the_older_one_to_the_same_address(self, asha, bala):
        _, old = invite(asha, bala.user.email)
        _, new = invite(asha, bala.user.email.upper(), "viewer")

        with acting_as(bala.actor):
            with pytest.raises(InvitationRevoked):
                invitation_accept(token=old)
            invitation_accept(token=new)

        assert role_in(bala, asha.book) == "viewer"

    def test_refuses_a_member(self, asha, bala):
        share(asha, bala)

        for address in (bala.user.email, asha.user.email.upper()):
            with pytest.raises(MemberAlready):
                invite(asha, address)

    @pytest.mark.parametrize("role", ["editor", "viewer"])
    def test_refuses_whoever_is_no_owner(self, asha, bala, role):
        share(asha, bala, role)

        with pytest.raises(BookReadOnly):
            invite(bala, "x@example.in", book=asha.book)

    def test_is_undone_with_its_letter(self, committed, asha):
        def invite_and_fail():
            with acting_as(asha.actor):
                member_invite(book=asha.book, inviter_id=asha.id, email="x@example.in", role="viewer")
                raise RuntimeError

        with pytest.raises(RuntimeError):
            invite_and_fail()

        assert not ProcrastinateJob.objects.filter(args__inviter_id=str(asha.id)).exists()


class TestInvitationShow:
    def test_tells_who_invites_into_what(self, asha, bala):
        _, token = invite(asha, bala.user.email, "viewer")

        with acting_as(bala.actor):
            letter = invitation_show(token=token)

        assert (letter.book_name, letter.inviter, letter.role) == (asha.book.name, "Asha Rao", "viewer")
        assert role_in(bala, asha.book) is None


class TestInvitationAccept:
    @pytest.mark.parametrize("role", ["owner", "editor", "viewer"])
    def test_gives_the_role_at_once(self, asha, bala, role):
        _, token = invite(asha, bala.user.email.upper(), role)

        with acting_as(bala.actor):
            assert invitation_accept(token=token) == asha.book.pk
            assert book_for(user_id=bala.id, book_id=asha.book.pk, right="read") == asha.book

        assert roles(asha) == {asha.id: "owner", bala.id: role}

    @pytest.mark.parametrize("name", ["show", "accept"])
    def test_refuses_whom_it_was_not_sent_to(self, asha, bala, chitra, name):
        _, token = invite(asha, bala.user.email)
        use = {"show": invitation_show, "accept": invitation_accept}[name]

        with acting_as(chitra.actor), pytest.raises(InvitationForAnother):
            use(token=token)

    @pytest.mark.parametrize("token", ["", "x", "ॐ", "A" * 43])
    def test_refuses_what_is_no_token(self, bala, token):
        with acting_as(bala.actor), pytest.raises(InvitationNotFound):
            invitation_accept(token=token)

    def test_refuses_one_that_expired_or_was_taken_back(self, committed, asha, bala, admin_url):
        expired, late = invite(asha, bala.user.email)
        expire(admin_url, expired)
        with acting_as(bala.actor), pytest.raises(InvitationExpired):
            invitation_accept(token=late)

        revoked, withdrawn = invite(asha, bala.user.email)
        with acting_as(asha.actor):
            invitation_revoke(book=asha.book, invitation_id=revoked)
        with acting_as(bala.actor), pytest.raises(InvitationRevoked):
            invitation_accept(token=withdrawn)

    def test_refuses_it_twice_even_after_leaving(self, asha, bala):
        _, token = invite(asha, bala.user.email)
        with acting_as(bala.actor):
            invitation_accept(token=token)
            with pytest.raises(MemberAlready):
                invitation_accept(token=token)
            member_remove(book=asha.book, user_id=bala.id)

            with pytest.raises(InvitationUsed):
                invitation_accept(token=token)

    def test_lets_one_of_ten_in(self, committed, asha, bala):
        _, token = invite(asha, bala.user.email)

        def accept(_number):
            try:
                with acting_as(bala.actor):
                    return invitation_accept(token=token)
            except DomainError as error:
                return error.code

        outcomes = at_once(10, accept)

        assert outcomes.count(asha.book.pk) == 1
        assert outcomes.count("member_already") == 9
        assert roles(asha) == {asha.id: "owner", bala.id: "editor"}


class TestInvitationRevoke:
    def test_refuses_what_is_over_unknown_or_of_another_book(self, asha, bala):
        over, _ = invite(asha, "x@example.in")
        foreign, _ = invite(bala, "x@example.in")
        with acting_as(asha.actor):
            invitation_revoke(book=asha.book, invitation_id=over)

            for invitation_id in (over, foreign, uuid7()):
                with pytest.raises(InvitationNotFound):
                    invitation_revoke(book=asha.book, invitation_id=invitation_id)

    def test_refuses_an_editor(self, asha, bala):
        share(asha, bala)
        identity, _ = invite(asha, "x@example.in")

        with acting_as(bala.actor), pytest.raises(BookReadOnly):
            invitation_revoke(book=asha.book, invitation_id=identity)


class TestInvitationMailDeliver:
    def test_sends_a_link_that_lets_its_reader_in(self, asha, bala, settings):
        identity, token = invite(asha, bala.user.email, "viewer")
        with acting_as(asha.actor):
            invitation = Invitation.objects.select_related("book", "invited_by").get(pk=identity)

        invitation_mail_deliver(invitation=invitation)

        (sent,) = mail.outbox
        assert isinstance(sent, mail.EmailMultiAlternatives)
        html = str(sent.alternatives[0][0])
        assert sent.to == [bala.user.email]
        assert sent.subject == "Asha Rao invites you to a book on RUPAYA"
        for text in (sent.body, html):
            assert f"{settings.FRONTEND_URL}/invitations/{token}" in text
            assert asha.book.name in text
            assert "a viewer: you can read it and change nothing" in text

    def test_finds_the_key_that_was_current_when_it_was_made(self, asha, bala, settings):
        identity, token = invite(asha, bala.user.email)
        settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "newer" * 10, [settings.SECRET_KEY]
        with acting_as(asha.actor):
            invitation = Invitation.objects.select_related("book", "invited_by").get(pk=identity)

        invitation_mail_deliver(invitation=invitation)

        assert token in mail.outbox[0].body
        assert token_make(invitation_id=identity, secret=settings.SECRET_KEY) not in mail.outbox[0].body


class TestMemberRoleSet:
    def test_takes_effect_at_once(self, asha, bala):
        share(asha, bala, "editor")
        with acting_as(asha.actor):
            member_role_set(book=asha.book, user_id=bala.id, role="viewer")

        with acting_as(bala.actor):
            assert book_for(user_id=bala.id, book_id=asha.book.pk, right="read") == asha.book
            with pytest.raises(BookReadOnly):
                book_for(user_id=bala.id, book_id=asha.book.pk, right="write")

    def test_refuses_the_only_owner_a_stranger_and_an_editor_who_asks(self, asha, bala, chitra):
        share(asha, bala)

        for actor, target, refusal in (
            (asha, asha, BookNeedsOwner),
            (asha, chitra, MemberNotFound),
            (bala, bala, BookReadOnly),
        ):
            with acting_as(actor.actor), pytest.raises(refusal):
                member_role_set(book=asha.book, user_id=target.id, role="viewer")
        assert roles(asha) == {asha.id: "owner", bala.id: "editor"}


class TestMemberRemove:
    def test_ends_what_they_saw_at_once(self, asha, bala):
        share(asha, bala)
        with acting_as(asha.actor):
            member_remove(book=asha.book, user_id=bala.id)

        with acting_as(bala.actor), pytest.raises(BookNotFound):
            book_for(user_id=bala.id, book_id=asha.book.pk, right="read")

    def test_lets_everybody_leave_but_the_last_owner(self, asha, bala):
        share(asha, bala, "viewer")
        with acting_as(bala.actor):
            member_remove(book=asha.book, user_id=bala.id)
            with pytest.raises(MemberNotFound):
                member_remove(book=asha.book, user_id=bala.id)

        with acting_as(asha.actor), pytest.raises(BookNeedsOwner):
            member_remove(book=asha.book, user_id=asha.id)

    def test_keeps_an_owner_when_ten_leave_at_once(self, committed, asha, bala):
        share(asha, bala, "owner")

        def leave(number):
            person = (asha, bala)[number % 2]
            try:
                with acting_as(person.actor):
                    member_remove(book=asha.book, user_id=person.id)
                    return "left"
            except DomainError as error:
                return error.code

        outcomes = at_once(10, leave)

        assert outcomes.count("left") == 1
        assert set(outcomes) == {"left", "book_needs_owner", "member_not_found"}
        assert sorted(map(str, (role_in(asha, asha.book), role_in(bala, asha.book)))) == ["None", "owner"]


class TestOwnershipTransfer:
    def test_changes_both_roles_together(self, asha, bala):
        share(asha, bala, "viewer")
        with acting_as(asha.actor):
            ownership_transfer(book=asha.book, user_id=bala.id)

            with pytest.raises(BookReadOnly):
                ownership_transfer(book=asha.book, user_id=bala.id)

        assert roles(asha) == {asha.id: "editor", bala.id: "owner"}

    def test_refuses_oneself_and_a_stranger(self, asha, chitra):
        for target, refusal in ((asha, OwnershipYours), (chitra, MemberNotFound)):
            with acting_as(asha.actor), pytest.raises(refusal):
                ownership_transfer(book=asha.book, user_id=target.id)


class TestVisibilitySet:
    def test_goes_up_and_down(self, asha, bala):
        share(asha, bala)

        seen = []
        for level in ("read", "hidden", "read", "full", "full"):
            restrict(asha, bala, "Cash", level)
            seen.append(levels(asha, asha, bala).get("Cash", "full"))

        assert seen == ["read", "hidden", "read", "full", "full"]

    def test_takes_the_account_away_at_once(self, asha, bala):
        share(asha, bala)
        record(Person(bala.user, asha.book), account_id=asha.account("Savings account").pk)

        hidden = restrict(asha, bala, "Savings account", "hidden")

        with pytest.raises(AccountUnknown):
            record(Person(bala.user, asha.book), account_id=hidden)

    def test_lets_a_member_read_the_banks_files_and_import_none(self, committed, asha, bala):
        share(asha, bala)
        guest, data = Person(bala.user, asha.book), STATEMENT.read_bytes()
        with acting_as(asha.actor):
            savings = account_for(book=asha.book, account_id=None, name="Savings account")
            statement = statement_draft(book=asha.book, account=savings, data=data, file_name="july.txt")
        restrict(asha, bala, "Savings account", "read")

        with acting_as(bala.actor):
            assert statement_of(book=asha.book, statement_id=statement.pk) == statement
        for attempt in (
            lambda: bank_import(guest, data + b"\n", account="Savings account"),
            lambda: statement_post(book=asha.book, statement=statement, now=NOW, adjust=True),
            lambda: statement_discard(book=asha.book, statement=statement),
        ):
            with pytest.raises(AccountReadOnly), acting_as(bala.actor):
                attempt()

        with acting_as(asha.actor):
            assert statement_of(book=asha.book, statement_id=statement.pk).posted_at is None
        restrict(asha, bala, "Savings account", "hidden")
        with acting_as(bala.actor), pytest.raises(StatementNotFound):
            statement_of(book=asha.book, statement_id=statement.pk)

    def test_refuses_owners_categories_and_what_is_not_there(self, asha, bala, chitra):
        share(asha, bala)
        cash, groceries = asha.account("Cash").pk, asha.account("Groceries").pk

        for user_id, account_id, refusal in (
            (asha.id, cash, OwnerSeesAll),
            (bala.id, groceries, AccountAlwaysShown),
            (bala.id, chitra.account("Cash").pk, AccountNotInBook),
            (chitra.id, cash, MemberNotFound),
        ):
            with acting_as(asha.actor), pytest.raises(refusal):
                visibility_set(book=asha.book, user_id=user_id, account_id=account_id, visibility="hidden")
