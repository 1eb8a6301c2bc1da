"""The services about sessions."""

from __future__ import annotations

import datetime as dt
import time
from contextlib import contextmanager

import psycopg
import pytest
from django.conf import settings

from accounts.models import RevokedReason, Session, User
from accounts.services import (
    CredentialsWrong,
    credentials_verify,
    person_deactivate,
    session_end,
    session_refresh,
    session_start,
    sessions_end_all,
)
from accounts.tokens import TokenInvalid, access_read, refresh_read, token_hash
from rupaya.core import clock
from rupaya.core.db import Actor, SessionEnded, acting_as, undo
from tests.accounts.phone import PASSWORD, actor, at_once, person_new, session_new, sessions_of

SECOND = dt.timedelta(seconds=1)


def refresh(user, token, now):
    with acting_as(actor(user.pk)):
        return session_refresh(refresh_token=token, now=now)


@contextmanager
def row_locked(admin_url, session_id):
    """Holds a session's row; gives what lets go of it once three others wait for it."""
    with psycopg.connect(admin_url) as admin:
        admin.execute("SELECT FROM accounts_session WHERE id = %s FOR UPDATE", [session_id])

        def release_when_blocked():
            waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted"
            deadline = time.monotonic() + 5
            while admin.execute(waiting).fetchall() < [(3,)] and time.monotonic() < deadline:
                time.sleep(0.01)
            admin.commit()

        yield release_when_blocked


@pytest.mark.usefixtures("committed")
class TestSessionStart:
    def test_records_the_sign_in_and_only_the_token_s_hash(self):
        user, now = person_new(), clock.now()

        with acting_as(actor(user.pk)):
            pair = session_start(user=user, address="2001:db8::1", user_agent="A" * 500, now=now)

        (session,) = sessions_of(user.pk)
        assert bytes(session.refresh_hash) == token_hash(pair.refresh_token)
        assert session.ip == "2001:db8::1"
        assert session.user_agent == "A" * 400
        assert session.expires_at == now + settings.SESSION_LIFETIME
        assert access_read(token=pair.access_token, now=now).session_id == session.pk

    def test_takes_an_unknown_address(self):
        user = person_new()

        session_new(user, address="")

        assert sessions_of(user.pk)[0].ip is None


@pytest.mark.usefixtures("committed")
class TestSessionRefresh:
    def test_gives_a_successor_of_the_same_session(self):
        user, now = person_new(), clock.now()
        first = session_new(user, now=now)

        second = refresh(user, first.refresh_token, now + SECOND)

        (session,) = sessions_of(user.pk)
        assert second.refresh_token != first.refresh_token
        assert session.counter == 1
        assert session.rotated_at == session.last_used_at == now + SECOND
        assert bytes(session.refresh_hash) == token_hash(second.refresh_token)

    def test_answers_the_superseded_token_alike_for_ten_seconds(self):
        user, now = person_new(), clock.now()
        first = session_new(user, now=now)
        second = refresh(user, first.refresh_token, now)

        again = refresh(user, first.refresh_token, now + 10 * SECOND)

        assert again == second
        assert sessions_of(user.pk)[0].counter == 1

    def test_takes_a_superseded_token_for_a_replay_after_ten_seconds(self):
        user, now = person_new(), clock.now()
        first = session_new(user, now=now)
        second = refresh(user, first.refresh_token, now)
        late = now + 10 * SECOND + dt.timedelta(microseconds=1)

        assert refresh(user, first.refresh_token, late) is None

        (session,) = sessions_of(user.pk)
        assert (session.revoked_reason, session.revoked_at) == (RevokedReason.REPLAY, late)
        assert refresh(user, second.refresh_token, late) is None

    def test_takes_an_older_token_for_a_replay_at_once(self):
        user, now = person_new(), clock.now()
        first = session_new(user, now=now)
        second = refresh(user, first.refresh_token, now)
        refresh(user, second.refresh_token, now)

        assert refresh(user, first.refresh_token, now) is None

        assert sessions_of(user.pk)[0].revoked_reason == RevokedReason.REPLAY

    def test_gives_twelve_at_once_one_successor(self, admin_url):
        user, now = person_new(), clock.now()
        first = session_new(user, now=now)
        (session,) = sessions_of(user.pk)

        def attempt(number):  # each by a clock of its own
            return refresh(user, first.refresh_token, now + number * SECOND / 2)

        with row_locked(admin_url, session.pk) as release_when_blocked:
            pairs = at_once(12, attempt, meanwhile=release_when_blocked)

        assert len(set(pairs)) == 1
        assert pairs[0] is not None
        (session,) = sessions_of(user.pk)
        assert session.counter == 1
        assert session.revoked_at is None

    def test_never_outlives_the_session(self):
        user, now = person_new(), clock.now()
        start = now - settings.SESSION_LIFETIME + dt.timedelta(minutes=1)
        pair = session_new(user, now=start)
        for days in (6, 12, 18, 24, 29):
            pair = refresh(user, pair.refresh_token, start + dt.timedelta(days=days))

        end = start + settings.SESSION_LIFETIME
        assert refresh_read(token=pair.refresh_token, now=end)
        assert refresh(user, pair.refresh_token, end - SECOND) is not None
        assert refresh(user, pair.refresh_token, end) is None

    def test_takes_a_clock_that_is_behind(self):
        user, now = person_new(), clock.now()
        first = session_new(user, now=now)

        second = refresh(user, first.refresh_token, now - 2 * SECOND)

        assert second is not None
        assert sessions_of(user.pk)[0].rotated_at == now

    def test_refuses_a_disabled_person(self):
        user, now = person_new(), clock.now()
        pair = session_new(user, now=now)
        User.objects.filter(pk=user.pk).update(is_active=False)

        assert refresh(user, pair.refresh_token, now) is None

    def test_refuses_a_token_that_is_not_the_recorded_one(self):
        user, now = person_new(), clock.now()
        pair = session_new(user, now=now)
        with acting_as(actor(user.pk)):
            Session.objects.update(refresh_hash=token_hash("another"))

        with pytest.raises(TokenInvalid):
            refresh(user, pair.refresh_token, now)

    def test_refuses_a_token_from_the_future_of_a_restored_database(self):
        user, now = person_new(), clock.now()
        first = session_new(user, now=now)
        with acting_as(actor(user.pk)):
            second = session_refresh(refresh_token=first.refresh_token, now=now)
            undo()

        assert second is not None
        with pytest.raises(TokenInvalid):
            refresh(user, second.refresh_token, now)

    def test_does_not_reach_another_person_s_session(self):
        asha, bala, now = person_new(), person_new(), clock.now()
        pair = session_new(asha, now=now)

        with pytest.raises(TokenInvalid):
            refresh(bala, pair.refresh_token, now)


def is_let_in(user, session_id):
    try:
        with acting_as(Actor(user_id=user.pk, kind="user", session_id=session_id)):
            return True
    except SessionEnded:
        return False


@pytest.mark.usefixtures("committed")
class TestSessionEnd:
    def test_kills_the_access_token_at_once(self):
        user = person_new()
        session_new(user)
        (session,) = sessions_of(user.pk)
        assert is_let_in(user, session.pk)

        with acting_as(actor(user.pk)):
            session_end(session_id=session.pk, user_id=user.pk, now=clock.now())

        assert not is_let_in(user, session.pk)
        assert sessions_of(user.pk)[0].revoked_reason == RevokedReason.LOGOUT

    def test_changes_nothing_the_second_time(self):
        user, now = person_new(), clock.now()
        session_new(user)
        (session,) = sessions_of(user.pk)

        for later in (now, now + SECOND):
            with acting_as(actor(user.pk)):
                session_end(session_id=session.pk, user_id=user.pk, now=later)

        assert sessions_of(user.pk)[0].revoked_at == now


@pytest.mark.usefixtures("committed")
class TestSessionsEndAll:
    def test_ends_phone_and_web(self):
        user, other = person_new(), person_new()
        pairs = [session_new(user), session_new(user)]
        session_new(other)
        web_before = user.get_session_auth_hash()

        with acting_as(actor(user.pk)):
            ended = sessions_end_all(user_id=user.pk, reason=RevokedReason.PASSWORD_CHANGED, now=clock.now())

        assert ended == len(pairs)
        assert {session.revoked_reason for session in sessions_of(user.pk)} == {"password_changed"}
        assert sessions_of(other.pk)[0].revoked_at is None
        assert User.objects.get(pk=user.pk).get_session_auth_hash() != web_before

    def test_lets_staff_end_another_s(self):
        user, staff = person_new(), person_new()
        User.objects.using("owner").filter(pk=staff.pk).update(is_staff=True)
        session_new(user)

        with acting_as(Actor(user_id=staff.pk, kind="staff")):
            ended = sessions_end_all(user_id=user.pk, reason=RevokedReason.DISABLED, now=clock.now())

        assert ended == 1
        assert sessions_of(user.pk)[0].revoked_reason == RevokedReason.DISABLED

    def test_is_not_moved_by_who_only_says_to_be_staff(self):
        user, stranger = person_new(), person_new()
        session_new(user)

        with acting_as(Actor(user_id=stranger.pk, kind="staff")):
            ended = sessions_end_all(user_id=user.pk, reason=RevokedReason.DISABLED, now=clock.now())

        assert ended == 0
        assert sessions_of(user.pk)[0].revoked_at is None


@pytest.mark.usefixtures("committed")
class TestPersonDeactivate:
    def test_leaves_no_way_in(self):
        user, staff = person_new(), person_new()
        User.objects.using("owner").filter(pk=staff.pk).update(is_staff=True)
        session_new(user)
        (session,) = sessions_of(user.pk)

        with acting_as(Actor(user_id=staff.pk, kind="staff")):
            person_deactivate(user_id=user.pk, now=clock.now())

        assert not is_let_in(user, session.pk)
        with pytest.raises(CredentialsWrong):
            credentials_verify(email=user.email, password=PASSWORD)
