"""`manage.py changepassword`: told to the person by the log, and the end of every session."""

from __future__ import annotations

import io

import pytest
from django.core.management import CommandError, call_command

from accounts.models import User
from audit.models import AuditLog
from rupaya.core.db import acting_as
from tests.accounts.phone import actor, person_new, session_new, sessions_of

MODULE = "rupaya.management.commands.changepassword"
GOOD = "mango lassi at noon"

pytestmark = pytest.mark.usefixtures("committed")


def change(monkeypatch, email, *typed):
    """What it wrote, where this is typed at its questions."""
    answers = iter(typed)
    monkeypatch.setattr(f"{MODULE}.getpass", lambda _: next(answers))
    out = io.StringIO()
    call_command("changepassword", email, stdout=out, stderr=out)
    return out.getvalue()


class TestChangepassword:
    def test_tells_the_person_and_ends_their_sessions(self, monkeypatch):
        person = person_new()
        session_new(person)

        told = change(monkeypatch, person.email.upper(), GOOD, GOOD)

        assert "1 of the API" in told
        assert User.objects.get(pk=person.pk).check_password(GOOD)
        assert [session.revoked_reason for session in sessions_of(person.pk)] == ["password_changed"]
        with acting_as(actor(person.pk)):
            entry = AuditLog.objects.get(about_id=person.pk, action="PASSWORD_CHANGED")
        assert (entry.actor_kind, entry.user_agent) == ("command", "cli:changepassword")
        assert GOOD not in str(entry.changes)

    def test_asks_again_where_the_two_differ_or_the_password_is_weak(self, monkeypatch):
        person = person_new()

        told = change(monkeypatch, person.email, GOOD, "another", "12345", "12345", GOOD, GOOD)

        assert "two different" in told
        assert User.objects.get(pk=person.pk).check_password(GOOD)

    def test_changes_nothing_where_no_password_is_good(self, monkeypatch):
        person = person_new()
        session_new(person)

        with pytest.raises(CommandError, match="as it was"):
            change(monkeypatch, person.email, *["12345"] * 6)

        assert User.objects.get(pk=person.pk).password == person.password
        assert [session.revoked_at for session in sessions_of(person.pk)] == [None]

    def test_refuses_an_address_that_nobody_has(self, monkeypatch):
        with pytest.raises(CommandError, match="Nobody has"):
            change(monkeypatch, "nobody-at-all@example.in")
