"""How often somebody may try to sign in."""

from __future__ import annotations

import re

import psycopg
import pytest
from django.conf import settings as project
from django.contrib.auth.hashers import check_password
from django.db import DatabaseError
from django.test import Client

from accounts.attempts import account_digest
from accounts.models import User
from accounts.services import attempt_count, attempt_give_back, attempts_clear
from rupaya.core.counting import breaker
from rupaya.core.db import Actor, acting_as
from rupaya.core.ids import uuid7
from tests.accounts.phone import PASSWORD, address_new, at_once, person_new
from tests.support.limits import address_new as client_address_new
from tests.support.limits import client_new, left

pytestmark = pytest.mark.usefixtures("promised_limits")
SENTENCE = "Too many requests, please try again later."


def login(client: Client, email: str, password: str = "a wrong horse"):
    body = {"email": email, "password": password}
    return client.post("/v1/auth/login", body, content_type="application/json")


@pytest.fixture
def without_valkey(settings):
    nobody = {**project.CACHES["default"], "LOCATION": "redis://127.0.0.1:1/0"}
    settings.CACHES = {**project.CACHES, "default": nobody}
    breaker.reset()


class TestLoginAttempt:
    def test_refuses_the_sixth_wrong_one(self, committed):
        client, email = client_new(), person_new().email

        said = [login(client, email) for _ in range(5)]
        refused = login(client, email)

        assert [response.status_code for response in said] == [401] * 5
        assert [left(response) for response in said] == [4, 3, 2, 1, 0]
        assert refused.status_code == 429
        assert refused.json()["error"] == SENTENCE
        assert 0 < int(refused["Retry-After"]) <= 900
        assert refused["RateLimit-Policy"] == '"login";q=5;w=900'

    def test_refuses_the_right_password_then_too(self, committed):
        client, email = client_new(), person_new().email
        for _ in range(5):
            login(client, email)

        assert login(client, email, PASSWORD).status_code == 429

    def test_tells_nothing_of_who_has_an_account(self, committed):
        client, nobody = client_new(), address_new()

        said = [login(client, nobody).status_code for _ in range(6)]

        assert said == [401] * 5 + [429]

    def test_counts_no_success(self, committed):
        client, email = client_new(), person_new().email

        said = [login(client, email, PASSWORD) for _ in range(12)]

        assert [response.status_code for response in said] == [200] * 12
        assert {left(response) for response in said} == {5}

    def test_keeps_failures_when_a_success_comes_between(self, committed):
        client, email = client_new(), person_new().email
        for _ in range(4):
            login(client, email)

        said = [login(client, email, PASSWORD), login(client, email), login(client, email)]

        assert [response.status_code for response in said] == [200, 401, 429]

    @pytest.mark.slow
    @pytest.mark.usefixtures("costly_passwords")
    def test_lets_five_of_forty_guesses_through_that_come_at_once(self, committed, monkeypatch):
        email, address = person_new().email, client_address_new()
        looked_at = []

        def look(*given, **named):
            looked_at.append(1)
            return check_password(*given, **named)

        monkeypatch.setattr("accounts.services.check_password", look)

        said = at_once(40, lambda _: login(Client(REMOTE_ADDR=address), email).status_code)

        assert (said.count(401), said.count(429)) == (5, 35)
        assert len(looked_at) == 5

    @pytest.mark.slow
    def test_lets_any_number_of_right_ones_through_that_come_after_each_other(self, committed):
        email, address = person_new().email, client_address_new()

        said = [login(Client(REMOTE_ADDR=address), email, PASSWORD).status_code for _ in range(8)]

        assert said == [200] * 8

    def test_takes_all_spellings_of_an_address_for_one(self, committed):
        client, email = client_new(), person_new().email

        said = [
            login(client, spelling).status_code
            for spelling in (email, email.upper(), f" {email}", email.title()) * 2
        ]

        assert said == [401] * 5 + [429] * 3

    def test_locks_nobody_out_from_elsewhere(self, committed):
        email = person_new().email
        stranger = client_new()
        for _ in range(6):
            login(stranger, email)

        assert login(client_new(), email, PASSWORD).status_code == 200

    def test_leaves_the_rest_of_an_address_alone(self, committed):
        client, email = client_new(), person_new().email
        for _ in range(6):
            login(client, email)

        assert login(client, person_new().email, PASSWORD).status_code == 200

    def test_ends_one_password_tried_on_everybody(self, committed, settings):
        settings.RATE_LIMITS["login_address"] = (7, 900)
        client = client_new()

        said = [login(client, address_new()).status_code for _ in range(8)]

        assert said == [401] * 7 + [429]

    def test_gives_back_where_it_was_no_guess(self, committed, monkeypatch):
        def broken(**_):
            raise DatabaseError

        client, email = client_new(raise_request_exception=False), person_new().email
        monkeypatch.setattr("accounts.views.services.credentials_verify", broken)
        for _ in range(6):
            assert login(client, email).status_code == 500
        monkeypatch.undo()

        assert left(login(client, email, PASSWORD)) == 5

    def test_counts_a_body_that_is_no_attempt_for_the_address_alone(self, committed):
        client, email = client_new(), person_new().email

        broken = client.post("/v1/auth/login", {"email": email}, content_type="application/json")

        assert (broken.status_code, broken["RateLimit-Policy"], left(broken)) == (
            400,
            '"api";q=100;w=900',
            99,
        )
        assert left(login(client, email)) == 4

    def test_digest_is_one_for_what_the_database_takes_for_one_address(self, db):
        user = person_new(email=f"straße-{uuid7().hex}@exämple.in")

        assert User.objects.by_email(user.email.upper().replace("SS", "ß")).exists()
        assert account_digest(user.email) == account_digest(user.email.upper())


class TestTheWeb:
    def form(self, client, path, **fields):
        page = client.get(path).content.decode()
        token = re.findall(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)[0]
        return client.post(path, {**fields, "csrfmiddlewaretoken": token})

    def test_shares_the_limit_with_the_api(self, committed):
        client, email = client_new(), person_new().email
        said = [login(client, email).status_code for _ in range(3)]
        said += [self.form(client, "/login", email=email, password="wrong").status_code for _ in range(3)]

        refused = self.form(client, "/login", email=email, password=PASSWORD)

        assert said == [401] * 3 + [200] * 2 + [429]
        assert refused.status_code == 429
        assert "Retry-After" in refused
        assert SENTENCE in refused.content.decode()
        assert 'name="password"' in refused.content.decode()

    def test_counts_no_success(self, committed):
        email = person_new().email
        address = client_address_new()

        for _ in range(7):
            response = self.form(client_new(REMOTE_ADDR=address), "/login", email=email, password=PASSWORD)
            assert response.status_code == 302

    def test_limits_the_door_of_the_admin(self, committed):
        client, email = client_new(), person_new().email

        said = [
            self.form(client, "/admin/login/", username=email, password="wrong").status_code for _ in range(6)
        ]

        assert said == [200] * 5 + [429]

    def test_shares_the_limit_of_an_address_for_signing_up(self, committed, settings):
        settings.RATE_LIMITS["api"] = (1, 900)
        address = client_address_new()
        fields = {"password": PASSWORD, "full_name": "Asha Rao"}

        done = self.form(client_new(REMOTE_ADDR=address), "/signup", email=address_new(), **fields)
        refused = self.form(client_new(REMOTE_ADDR=address), "/signup", email=address_new(), **fields)

        assert (done.status_code, refused.status_code) == (302, 429)
        assert SENTENCE in refused.content.decode()


@pytest.mark.usefixtures("without_valkey")
class TestWithoutValkey:
    def test_stays_limited(self, committed):
        client, email = client_new(), person_new().email

        said = [login(client, email) for _ in range(6)]

        assert [response.status_code for response in said] == [401] * 5 + [429]
        assert [left(response) for response in said] == [4, 3, 2, 1, 0, 0]
        assert 0 < int(said[-1]["Retry-After"]) <= 900

    def test_counts_no_success(self, committed):
        client, email = client_new(), person_new().email

        said = [login(client, email, PASSWORD).status_code for _ in range(7)]

        assert said == [200] * 7
        assert left(login(client, email)) == 4

    @pytest.mark.slow
    @pytest.mark.usefixtures("costly_passwords")
    def test_lets_five_of_forty_guesses_through_that_come_at_once(self, committed):
        email, address = person_new().email, client_address_new()

        said = at_once(40, lambda _: login(Client(REMOTE_ADDR=address), email).status_code)

        assert (said.count(401), said.count(429)) == (5, 35)


class TestAttemptCount:
    @pytest.fixture(autouse=True)
    def _acting(self, db):
        with acting_as(Actor(user_id=None, kind="system")):
            yield

    def test_counts_to_the_limit_and_no_further(self):
        bucket = f"login:{uuid7()}"

        said = [attempt_count(bucket=bucket, most=2, period_s=900) for _ in range(3)]

        assert [(one.is_counted, one.attempts) for one in said] == [(True, 1), (True, 2), (False, 2)]
        assert all(890 < one.left_s <= 900 for one in said)

    def test_begins_anew_when_the_window_is_over(self):
        bucket = f"login:{uuid7()}"
        attempt_count(bucket=bucket, most=1, period_s=-1)

        again = attempt_count(bucket=bucket, most=1, period_s=900)

        assert (again.is_counted, again.attempts) == (True, 1)

    def test_forgets_what_is_over(self):
        bucket = f"login:{uuid7()}"
        attempt_count(bucket=bucket, most=1, period_s=-5)

        for _ in range(12):
            attempt_count(bucket=f"login:{uuid7()}", most=1, period_s=900)

        assert attempts_clear(bucket_like=bucket) == 0

    def test_gives_back_never_below_nothing(self):
        bucket = f"login:{uuid7()}"
        attempt_count(bucket=bucket, most=5, period_s=900)
        for _ in range(3):
            attempt_give_back(bucket=bucket)

        assert attempt_count(bucket=bucket, most=5, period_s=900).attempts == 1


class TestTheTable:
    @pytest.mark.parametrize(
        "statement",
        [
            "SELECT * FROM accounts_login_attempt",
            "INSERT INTO accounts_login_attempt VALUES ('x', 0, now())",
            "UPDATE accounts_login_attempt SET attempts = 0",
            "DELETE FROM accounts_login_attempt",
        ],
    )
    def test_is_out_of_the_applications_reach(self, raw, statement):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            raw.execute(statement)

    def test_keeps_no_count_below_nothing(self, admin_url):
        with psycopg.connect(admin_url) as admin, pytest.raises(psycopg.errors.CheckViolation):
            admin.execute("INSERT INTO accounts_login_attempt VALUES ('x', -1, now())")
