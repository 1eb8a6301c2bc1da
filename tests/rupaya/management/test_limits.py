"""`manage.py limits`."""

from __future__ import annotations

import io
import json

import pytest
from django.conf import settings as project
from django.core.management import CommandError, call_command

from rupaya.core.counting import breaker
from tests.accounts.phone import person_new
from tests.accounts.test_attempts import login
from tests.rupaya.core.asking import bearer_of
from tests.support.limits import address_new, client_new

pytestmark = pytest.mark.usefixtures("promised_limits")


def told(action, **options):
    out = io.StringIO()
    call_command("limits", action, json=True, stdout=out, **options)
    return json.loads(out.getvalue())


def used(action, **options):
    return {(one["limit"], one["used"], one["most"]) for one in told(action, **options)["usages"]}


class TestLimits:
    def test_shows_what_a_person_used(self, committed, asha):
        client, headers = client_new(), bearer_of(asha)
        for path in ("/v1/me", "/v1/me", "/v1/transactions"):
            client.get(path, headers=headers)
        login(client, asha.user.email)

        expected = {("api", 2, 100), ("transactions", 1, 1000), ("login", 1, 5)}
        assert used("show", user=str(asha.id)) == used("show", email=asha.user.email.upper()) == expected

    def test_shows_what_came_from_an_address(self, committed):
        address = address_new()
        client = client_new(REMOTE_ADDR=address)
        client.get("/v1/me")
        login(client, person_new().email)

        assert used("show", address=address) == {("api", 1, 100), ("login", 1, 5), ("login_address", 1, 300)}

    def test_gives_somebody_a_fresh_start(self, committed):
        email, client = person_new().email, client_new()
        for _ in range(6):
            login(client, email)

        done = told("clear", email=email)

        assert done["is_cleared"] is True
        assert login(client, email).status_code == 401
        assert used("show", email=email) == {("login", 1, 5)}

    def test_leaves_others_alone(self, committed, asha, bala):
        for person in (asha, bala):
            client_new().get("/v1/me", headers=bearer_of(person))

        told("clear", user=str(asha.id))

        assert (used("show", user=str(asha.id)), used("show", user=str(bala.id))) == (
            set(),
            {("api", 1, 100)},
        )

    def test_forgets_nothing_in_a_dry_run(self, committed, asha):
        client_new().get("/v1/me", headers=bearer_of(asha))

        done = told("clear", user=str(asha.id), dry_run=True)

        assert done["is_cleared"] is False
        assert used("show", user=str(asha.id)) == {("api", 1, 100)}

    def test_looks_at_one_address_of_an_account(self, committed):
        email, here, there = person_new().email, address_new(), address_new()
        for address in (here, here, there):
            login(client_new(REMOTE_ADDR=address), email)

        assert used("show", email=email, address=here) == {("login", 2, 5)}

    def test_shows_and_forgets_what_was_counted_while_redis_was_away(self, committed, settings):
        email, client = person_new().email, client_new()
        with_redis = settings.CACHES
        settings.CACHES = {
            **with_redis,
            "default": {**with_redis["default"], "LOCATION": "redis://127.0.0.1:1/0"},
        }
        breaker.reset()
        login(client, email)
        settings.CACHES = with_redis
        breaker.reset()

        assert used("clear", email=email) == {("login", 1, 5)}
        assert used("show", email=email) == set()

    def test_says_when_redis_does_not_answer(self, committed, settings):
        nobody = {**project.CACHES["default"], "LOCATION": "redis://127.0.0.1:1/0"}
        settings.CACHES = {**project.CACHES, "default": nobody}
        breaker.reset()

        with pytest.raises(CommandError, match="Redis does not answer") as raised:
            told("show", email="nobody@example.in")

        assert raised.value.returncode == 3

    @pytest.mark.parametrize(
        ("options", "code"),
        [({}, 2), ({"address": "nonsense"}, 2), ({"user": "01a20813-3619-7795-97bb-3945abce2f27"}, 1)],
    )
    def test_says_whom_it_does_not_know(self, committed, options, code):
        with pytest.raises(CommandError) as raised:
            told("show", **options)

        assert raised.value.returncode == code

    def test_talks_to_people_too(self, committed, asha, capsys):
        client_new().get("/v1/me", headers=bearer_of(asha))

        for action in ("show", "clear", "show"):
            call_command("limits", action, user=str(asha.id))

        lines = capsys.readouterr().out.splitlines()
        assert lines[0].startswith("api: 1 of 100, for ")
        assert lines[-2:] == ["All of it is forgotten.", "Nothing is counted."]
