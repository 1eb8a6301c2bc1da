"""What people do with their accounts: sign up, sign in, stay signed in, sign out."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import structlog
from django.conf import settings
from django.contrib.auth.hashers import check_password, make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.mail import EmailMultiAlternatives
from django.db.models import F
from django.template.loader import render_to_string
from django.utils.crypto import salted_hmac
from procrastinate.contrib.django import app as queue

from accounts.models import RevokedReason, Session, User
from accounts.registry import signup_steps
from accounts.rules import EMAIL_MAX, PASSWORD_MAX, email_normal, is_plain_text
from accounts.selectors import person_by_email
from accounts.tokens import Grant, TokenInvalid, TokenPair, pair_make, refresh_read, token_hash
from audit.events import Action, event_record
from rupaya.core.db import USER_AGENT_MAX, assert_acting, explaining, rows_as_dicts
from rupaya.core.errors import DomainError, FieldError, Invalid, Unauthenticated

WELCOME_TASK: Final = "accounts.welcome_mail_send"
# For so long a superseded refresh token is answered again: a phone that lost the answer goes on.
REFRESH_GRACE: Final = dt.timedelta(seconds=10)
_log = structlog.get_logger("accounts")


class EmailTaken(Invalid):
    """Raised when somebody already signed up with this address, in any case of letters."""

    code = "email_taken"
    title = "There is already an account with this e-mail address"

    def __init__(self) -> None:
        message = f"{self.title}; sign in instead."
        super().__init__(message, errors=[FieldError("email", self.code, message)])


class EmailInvalid(Invalid):
    """Raised for what cannot be an address, where no form or serializer has said so before."""

    code = "email_invalid"
    title = "This is not an e-mail address"

    def __init__(self) -> None:
        super().__init__(errors=[FieldError("email", self.code, f"{self.title}.")])


class FullNameInvalid(Invalid):
    """Raised for what cannot be a name, where no form or serializer has said so before."""

    code = "full_name_invalid"
    title = "A name is 1 to 120 characters that can be seen"

    def __init__(self) -> None:
        super().__init__(errors=[FieldError("full_name", self.code, f"{self.title}.")])


class WeakPassword(Invalid):
    """Raised with one field error for each thing that a password lacks."""

    code = "password_weak"
    title = "The password is too weak"

    def __init__(self, errors: tuple[FieldError, ...]) -> None:
        super().__init__(" ".join(error.message for error in errors), errors=errors)


class CredentialsWrong(Unauthenticated):
    """Raised for a wrong password, an unknown address and a disabled person alike."""

    code = "credentials_wrong"
    title = "The e-mail address or the password is not right"


class CredentialsUnreadable(Invalid):
    """Raised for an address or a password that nobody can have, before anything is hashed."""

    code = "credentials_unreadable"
    title = "The e-mail address or the password is too long or is not text"


_SIGNUP_REFUSALS: Final[dict[str, type[DomainError]]] = {
    "accounts_user_email_once": EmailTaken,
    "accounts_user_email_is_one": EmailInvalid,
    "accounts_user_full_name_is_text": FullNameInvalid,
}


@dataclass(frozen=True, slots=True)
class Verified:
    """A person whose password was right a moment ago. `better_hash`: its hash by today's hasher, or ''."""

    user: User
    better_hash: str


def person_signup(*, user_id: UUID, email: str, password: str, full_name: str) -> User:
    """Will make a person under an id made before (the actor is this very person), and all they begin with.

    Runs the registered sign-up steps and queues the welcome mail, all in the current transaction.
    Raises WeakPassword; and by the word of the database EmailInvalid, FullNameInvalid and EmailTaken, so
    that of two at once one wins.
    """
    assert_acting()
    _check_password(password, User(email=email, full_name=full_name))
    with explaining(_SIGNUP_REFUSALS):
        user = User.objects.create_user(email, password, id=user_id, full_name=full_name)
    for step in signup_steps():
        step(user_id=user.pk, full_name=user.full_name)
    _event(Action.SIGN_UP, user.pk)
    lock = f"{WELCOME_TASK}:{user.pk}"
    queue.configure_task(WELCOME_TASK, queueing_lock=lock).defer(user_id=str(user.pk))
    _log.info("person.signed_up", user_id=str(user.pk))
    return user


def _check_password(password: str, person: User) -> None:
    try:
        validate_password(password, user=person)
    except ValidationError as error:
        missing = (
            FieldError("password", fault.code or "invalid", " ".join(fault.messages))
            for fault in error.error_list
        )
        raise WeakPassword(tuple(missing)) from error


def credentials_verify(*, email: str, password: str) -> Verified:
    """Will check a password; writes nothing and needs no transaction.

    Hashes exactly once whether or not the address exists and the person is active, so that the
    time tells nothing. Raises CredentialsUnreadable before, CredentialsWrong after the hashing.
    """
    is_readable = (
        len(email) <= EMAIL_MAX
        and len(password) <= PASSWORD_MAX
        and is_plain_text(email)
        and is_plain_text(password)
    )
    if not is_readable:
        raise CredentialsUnreadable
    user = person_by_email(email=email)
    if user is None:
        make_password(password)
        raise CredentialsWrong
    better_hashes: list[str] = []
    is_right = check_password(
        password, user.password, setter=lambda raw: better_hashes.append(make_password(raw))
    )
    if not (is_right and user.is_active):
        _log.info("login.refused", user_id=str(user.pk))
        raise CredentialsWrong
    return Verified(user, better_hashes[0] if better_hashes else "")


@dataclass(frozen=True, slots=True)
class Attempt:
    """An attempt to sign in: whether it was counted, what the count is, and for how many seconds more."""

    is_counted: bool
    attempts: int
    left_s: int


def attempt_count(*, bucket: str, most: int, period_s: int) -> Attempt:
    """Will count an attempt where at most `most` of its kind were in the window, which the first one opens.

    For while Valkey is away. One query, which locks the bucket's row: of many at once `most` are counted.
    """
    assert_acting()
    query = "SELECT * FROM accounts_login_attempt_count(%(bucket)s, %(most)s, %(period_s)s)"
    (row,) = rows_as_dicts(query, {"bucket": bucket, "most": most, "period_s": period_s})
    return Attempt(**row)


def attempt_give_back(*, bucket: str) -> None:
    """Will take one attempt back; locks the bucket's row."""
    assert_acting()
    rows_as_dicts("SELECT accounts_login_attempt_give_back(%(bucket)s)", {"bucket": bucket})


def attempts_clear(*, bucket_like: str) -> int:
    """Will forget the attempts in all buckets that fit a LIKE pattern; how many buckets."""
    assert_acting()
    query = "SELECT accounts_login_attempt_clear(%(like)s) AS cleared"
    (row,) = rows_as_dicts(query, {"like": bucket_like})
    return int(row["cleared"])


def login_record(*, verified: Verified, now: dt.datetime) -> User:
    """Will note the sign-in and store a better hash where there is one; locks the person's row.

    Raises CredentialsWrong where the password was changed or the person disabled since it was verified:
    else a sign-in with the old password could outlive its change.
    """
    assert_acting()
    user = verified.user
    password = verified.better_hash or user.password
    unchanged = User.objects.filter(pk=user.pk, is_active=True, password=user.password)
    if not unchanged.update(last_login=now, password=password):
        raise CredentialsWrong
    user.last_login, user.password = now, password
    _event(Action.SIGN_IN, user.pk)
    return user


def login_fail_record(*, email: str) -> None:
    """Will tell the log of a sign-in that failed: about the person who has the address, else its digest alone.

    Two queries, whoever has it: the time tells nothing.
    """
    assert_acting()
    person = person_by_email(email=email)
    digest = salted_hmac(
        "accounts.login_fail", email_normal(email).casefold(), algorithm="sha256"
    ).hexdigest()
    event_record(
        action=Action.SIGN_IN_FAILED,
        resource_type="accounts_user",
        resource_id=person.pk if person else digest,
        about_id=person.pk if person else None,
    )


def logout_record(*, user_id: UUID) -> None:
    """Will tell the log that the person, who acts, signed a browser out."""
    _event(Action.SIGN_OUT, user_id)


def staff_login_record(*, user_id: UUID) -> None:
    """Will tell the log that the person, who acts, signed in to the admin."""
    _event(Action.SIGN_IN, user_id)


def person_read_record(*, user_id: UUID, page: str) -> None:
    """Will tell the log, and so the person, that staff, who act, looked at a page about them."""
    assert_acting()
    event_record(
        action=Action.PERSON_READ,
        resource_type="accounts_user",
        resource_id=user_id,
        about_id=user_id,
        changes={"page": page},
    )


def staff_act_record(*, user_id: UUID, act: str, reason: str) -> None:
    """Will tell the log, and so the person, what staff, who act, did to them and why."""
    assert_acting()
    event_record(
        action=Action.STAFF_ACTED,
        resource_type="accounts_user",
        resource_id=user_id,
        about_id=user_id,
        changes={"act": act, "reason": reason},
    )


def _event(action: Action, user_id: UUID) -> None:
    """About the person too, who reads their own story by that."""
    event_record(action=action, resource_type="accounts_user", resource_id=user_id, about_id=user_id)


def session_start(*, user: User, address: str, user_agent: str, now: dt.datetime) -> TokenPair:
    """Will open a session of the API for a person who acts, and sign its first tokens.

    address: the client's, '' where unknown. It ends SESSION_LIFETIME after `now`, whatever happens.
    """
    assert_acting()
    session = Session(
        user=user,
        created_at=now,
        rotated_at=now,
        last_used_at=now,
        expires_at=now + settings.SESSION_LIFETIME,
        ip=address or None,
        user_agent=user_agent[:USER_AGENT_MAX],
    )
    pair = _pair(session)
    session.refresh_hash = token_hash(pair.refresh_token)
    session.save(force_insert=True)
    return pair


def session_refresh(*, refresh_token: str, now: dt.datetime) -> TokenPair | None:
    """Will give the successor of a refresh token; locks the session's row, so that many at once get one.

    None where the session has ended or ends here: a token that was superseded more than REFRESH_GRACE
    ago is a replay and revokes the session. The caller commits that, then refuses. Raises TokenInvalid.
    """
    assert_acting()
    token = refresh_read(token=refresh_token, now=now)
    session = (
        Session.objects.select_for_update(of=("self",), no_key=True)
        .select_related("user")
        .filter(pk=token.session_id, user_id=token.user_id)
        .first()
    )
    if session is None or token.counter > session.counter:
        raise TokenInvalid
    if session.revoked_at is not None or session.expires_at <= now or not session.user.is_active:
        return None
    if token.counter == session.counter:
        return _rotate(session, refresh_token, now)
    if token.counter == session.counter - 1 and now <= session.rotated_at + REFRESH_GRACE:
        return _pair(session)
    _log.warning("session.replayed", session_id=str(session.pk), user_id=str(session.user_id))
    _session_event(Action.REFRESH_REPLAYED, session.pk)
    _revoke(session, RevokedReason.REPLAY, now)
    return None


def _rotate(session: Session, refresh_token: str, now: dt.datetime) -> TokenPair:
    if bytes(session.refresh_hash) != token_hash(refresh_token):
        raise TokenInvalid
    session.counter += 1
    # Another machine's clock may be behind the one that wrote the row.
    session.rotated_at = session.last_used_at = max(now, session.rotated_at)
    pair = _pair(session)
    session.refresh_hash = token_hash(pair.refresh_token)
    session.save(update_fields=["counter", "rotated_at", "last_used_at", "refresh_hash"])
    _session_event(Action.TOKEN_USED, session.pk)
    return pair


def _session_event(action: Action, session_id: UUID) -> None:
    event_record(action=action, resource_type="accounts_session", resource_id=session_id)


def _pair(session: Session) -> TokenPair:
    return pair_make(
        grant=Grant(session.user_id, session.pk, session.counter, session.rotated_at, session.expires_at)
    )


def _revoke(session: Session, reason: RevokedReason, now: dt.datetime) -> None:
    session.revoked_at, session.revoked_reason = now, reason
    session.save(update_fields=["revoked_at", "revoked_reason"])


def session_end(*, session_id: UUID, user_id: UUID, now: dt.datetime) -> None:
    """Will sign a device out; its access token is dead at once. Ending an ended session changes nothing."""
    assert_acting()
    live = Session.objects.filter(pk=session_id, user_id=user_id, revoked_at=None)
    if live.update(revoked_at=now, revoked_reason=RevokedReason.LOGOUT):
        _session_event(Action.SIGN_OUT, session_id)


def sessions_end_all(*, user_id: UUID, reason: RevokedReason, now: dt.datetime) -> int:
    """Will sign a person out everywhere, phone and web; how many sessions of the API that ended.

    Acts for the person or, with the actor kind `staff`, for staff.
    """
    assert_acting()
    User.objects.filter(pk=user_id).update(session_generation=F("session_generation") + 1)
    live = Session.objects.filter(user_id=user_id, revoked_at=None)
    return live.update(revoked_at=now, revoked_reason=reason)


def password_change(*, user_id: UUID, password: str, now: dt.datetime) -> int:
    """Will give a person, who acts, another password and end all their sessions; how many of the API ended.

    Locks the person's row. Raises WeakPassword.
    """
    assert_acting()
    person = User.objects.select_for_update(no_key=True).get(pk=user_id)
    _check_password(password, person)
    person.set_password(password)
    person.save(update_fields=["password"])
    _event(Action.PASSWORD_CHANGED, user_id)
    return sessions_end_all(user_id=user_id, reason=RevokedReason.PASSWORD_CHANGED, now=now)


def person_deactivate(*, user_id: UUID, now: dt.datetime) -> int:
    """Will disable a person and end all their sessions; how many of the API that ended."""
    assert_acting()
    User.objects.filter(pk=user_id).update(is_active=False)
    return sessions_end_all(user_id=user_id, reason=RevokedReason.DISABLED, now=now)


def welcome_mail_deliver(*, user: User) -> None:
    """Will hand the welcome mail, as text and HTML, to the mail service; raises what that raises."""
    context = {"full_name": user.full_name, "url": settings.FRONTEND_URL}
    mail = EmailMultiAlternatives(
        subject=f"Welcome to {settings.APP_NAME}",
        body=render_to_string("emails/welcome.txt", context),
        to=[user.email],
    )
    mail.attach_alternative(render_to_string("emails/welcome.html", context), "text/html")
    mail.send()
