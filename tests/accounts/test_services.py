from __future__ import annotations

from uuid import uuid4

import pytest
from django.conf import settings
from django.contrib.auth.hashers import Argon2PasswordHasher, PBKDF2PasswordHasher, make_password
from django.db import connection
from procrastinate.contrib.django.models import ProcrastinateJob

from accounts import registry, services
from accounts.models import User
from accounts.services import (
    CredentialsUnreadable,
    CredentialsWrong,
    EmailInvalid,
    EmailTaken,
    FullNameInvalid,
    WeakPassword,
    credentials_verify,
    login_record,
    person_signup,
    welcome_mail_deliver,
)
from rupaya.core import clock
from rupaya.core.db import acting_as, undo
from rupaya.core.ids import uuid7
from tests.accounts.phone import PASSWORD, actor, address_new, at_once, person_new


def signup(**fields):
    user_id = fields.pop("user_id", None) or uuid7()
    given = {"email": address_new(), "password": PASSWORD, "full_name": "Asha Rao"} | fields
    with acting_as(actor(user_id)):
        return person_signup(user_id=user_id, **given)


@pytest.mark.usefixtures("committed")
class TestPersonSignup:
    def test_makes_a_person_who_can_sign_in(self):
        user_id, email = uuid7(), address_new()

        signup(user_id=user_id, email=f"  {email.upper()} ", full_name=" Asha Rao ")

        user = User.objects.get(pk=user_id)
        assert user.email == email.upper()
        assert user.full_name == "Asha Rao"
        assert user.is_active
        assert not user.is_staff
        assert user.password.startswith("argon2$")
        assert credentials_verify(email=email, password=PASSWORD).user == user

    def test_composes_what_was_typed_in_parts(self):
        user = signup(full_name="Zoe\u0308")

        assert user.full_name == "Zo\u00eb"

    def test_refuses_a_taken_address_in_any_case(self):
        email = address_new()
        signup(email=email)

        with pytest.raises(EmailTaken) as refusal:
            signup(email=email.upper())

        assert [(error.field, error.code) for error in refusal.value.errors] == [("email", "email_taken")]

    @pytest.mark.parametrize(
        ("fields", "refusal"),
        [
            ({"email": "nobody"}, EmailInvalid),
            ({"email": "two words@example.in"}, EmailInvalid),
            ({"full_name": " "}, FullNameInvalid),
            ({"full_name": "Asha\nRao"}, FullNameInvalid),
        ],
    )
    def test_explains_what_the_database_refuses(self, fields, refusal):
        with pytest.raises(refusal) as error:
            signup(**fields)

        assert [fault.field for fault in error.value.errors] == list(fields)

    @pytest.mark.usefixtures("costly_passwords")
    def test_lets_one_of_two_at_once_win(self):
        email = address_new()

        def attempt(_):
            try:
                return signup(email=email).pk
            except EmailTaken:
                return None

        winners = [pk for pk in at_once(4, attempt) if pk]

        assert len(winners) == 1
        assert User.objects.get(email=email).pk == winners[0]

    @pytest.mark.parametrize(
        ("password", "codes"),
        [
            ("short1x", {"password_too_short"}),
            ("1234567890", {"password_too_common", "password_entirely_numeric"}),
            ("1234", {"password_too_short", "password_too_common", "password_entirely_numeric"}),
            ("asharao rao", {"password_too_similar"}),
            ("Rupaya@2026", {"password_context_word"}),
            ("x" * 129, {"password_too_long"}),
            ("mango\x00lassi at noon", {"password_not_text"}),
            ("mango\ud800lassi at noon", {"password_not_text"}),
        ],
    )
    def test_says_each_thing_that_a_password_lacks(self, password, codes):
        with pytest.raises(WeakPassword) as refusal:
            signup(password=password)

        assert {error.code for error in refusal.value.errors} == codes
        assert {error.field for error in refusal.value.errors} == {"password"}
        assert all(error.message in refusal.value.message for error in refusal.value.errors)

    def test_asks_for_no_composition(self):
        assert signup(password="only lower case words").pk

    def test_runs_the_registered_steps_as_the_new_person(self, monkeypatch):
        seen = []

        def step(*, user_id, full_name):
            with connection.cursor() as cursor:
                cursor.execute("SELECT current_setting('app.current_user_id')")
                seen.append((user_id, full_name, cursor.fetchone()[0]))

        monkeypatch.setattr(registry, "_signup_steps", [step])

        user = signup()

        assert seen == [(user.pk, "Asha Rao", str(user.pk))]

    def test_is_undone_by_a_step_that_fails(self, monkeypatch):
        def step(*, user_id, full_name):
            raise LookupError

        monkeypatch.setattr(registry, "_signup_steps", [step])
        email = address_new()

        with pytest.raises(LookupError):
            signup(email=email)

        assert not User.objects.filter(email=email).exists()

    def test_queues_the_welcome_mail_in_the_same_transaction(self):
        user = signup()
        lost_id = uuid7()

        with acting_as(actor(lost_id)):
            person_signup(user_id=lost_id, email=address_new(), password=PASSWORD, full_name="Asha")
            undo()

        jobs = ProcrastinateJob.objects.filter(task_name="accounts.welcome_mail_send")
        assert jobs.get(args__user_id=str(user.pk)).queueing_lock.endswith(str(user.pk))
        assert not jobs.filter(args__user_id=str(lost_id)).exists()

    def test_refuses_to_run_outside_a_transaction(self):
        with pytest.raises(RuntimeError):
            person_signup(user_id=uuid7(), email=address_new(), password=PASSWORD, full_name="Asha")


@pytest.fixture
def hashings(monkeypatch):
    """How often Argon2 worked."""
    done = []
    for name in ("encode", "verify"):
        original = getattr(Argon2PasswordHasher, name)

        def counted(self, *args, _original=original, **kwargs):
            done.append(1)
            return _original(self, *args, **kwargs)

        monkeypatch.setattr(Argon2PasswordHasher, name, counted)
    return done


@pytest.mark.usefixtures("committed")
class TestCredentialsVerify:
    def test_finds_the_person_in_any_case_of_the_address(self):
        user = person_new(email=address_new("Asha.Rao"))

        assert credentials_verify(email=f" {user.email.upper()} ", password=PASSWORD).user == user

    @pytest.mark.parametrize("who", ["nobody", "wrong", "inactive", "unusable"])
    def test_hashes_once_and_gives_the_same_answer_whoever_is_refused(self, who, hashings):
        user = person_new()
        if who == "inactive":
            User.objects.filter(pk=user.pk).update(is_active=False)
        if who == "unusable":
            User.objects.filter(pk=user.pk).update(password=make_password(None))
        email = address_new() if who == "nobody" else user.email
        hashings.clear()

        with pytest.raises(CredentialsWrong) as refusal:
            credentials_verify(email=email, password="wrong horse" if who == "wrong" else PASSWORD)

        assert len(hashings) == 1
        assert refusal.value.message == CredentialsWrong().message
        assert refusal.value.errors == ()

    def test_hashes_once_for_who_is_let_in(self, hashings):
        user = person_new()
        hashings.clear()

        credentials_verify(email=user.email, password=PASSWORD)

        assert len(hashings) == 1

    @pytest.mark.parametrize(
        ("email", "password"),
        [
            ("asha@example.in", "x" * 129),
            ("asha@example.in", "x" * 1_000_000),
            ("asha@example.in", "a\x00b"),
            ("asha@example.in", "a\ud800b"),
            ("a" * 255, PASSWORD),
            ("asha\x00@example.in", PASSWORD),
            ("asha\udfff@example.in", PASSWORD),
        ],
    )
    def test_refuses_what_nobody_can_have_before_hashing(self, email, password, hashings):
        with pytest.raises(CredentialsUnreadable):
            credentials_verify(email=email, password=password)

        assert hashings == []

    def test_makes_a_better_hash_of_an_old_one(self):
        user = person_new()
        User.objects.filter(pk=user.pk).update(
            password=PBKDF2PasswordHasher().encode(PASSWORD, "salt" * 6, iterations=1000)
        )

        verified = credentials_verify(email=user.email, password=PASSWORD)

        assert verified.better_hash.startswith("argon2$")


@pytest.mark.usefixtures("committed")
class TestLoginRecord:
    def test_notes_when_and_stores_the_better_hash(self):
        user = person_new()
        User.objects.filter(pk=user.pk).update(
            password=PBKDF2PasswordHasher().encode(PASSWORD, "salt" * 6, iterations=1000)
        )
        verified, now = credentials_verify(email=user.email, password=PASSWORD), clock.now()

        with acting_as(actor(user.pk)):
            login_record(verified=verified, now=now)

        user.refresh_from_db()
        assert user.last_login == now
        assert user.password.startswith("argon2$")
        assert credentials_verify(email=user.email, password=PASSWORD).better_hash == ""

    @pytest.mark.parametrize("change", [{"is_active": False}, {"password": "changed"}])
    def test_refuses_who_was_changed_since_the_check(self, change):
        user = person_new()
        verified = credentials_verify(email=user.email, password=PASSWORD)
        User.objects.filter(pk=user.pk).update(**change)

        with pytest.raises(CredentialsWrong), acting_as(actor(user.pk)):
            login_record(verified=verified, now=clock.now())


class TestWelcomeMailDeliver:
    def test_greets_by_name_in_text_and_html(self, mailoutbox):
        user = User(id=uuid4(), email="asha@example.in", full_name="Asha <b>Rao</b>")

        welcome_mail_deliver(user=user)

        (mail,) = mailoutbox
        assert mail.to == ["asha@example.in"]
        assert "Asha <b>Rao</b>" in mail.body
        assert settings.FRONTEND_URL in mail.body
        ((html, kind),) = mail.alternatives
        assert kind == "text/html"
        assert "Asha &lt;b&gt;Rao" in html

    def test_is_named_as_its_task(self):
        from accounts.tasks import welcome_mail_send

        assert welcome_mail_send.name == services.WELCOME_TASK
