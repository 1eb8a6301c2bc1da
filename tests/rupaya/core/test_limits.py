"""How much one person, or one address, may ask for."""

from __future__ import annotations

import datetime as dt

import pytest
import time_machine
from django.test import Client, RequestFactory

from rupaya.core import clock
from rupaya.core.limits import (
    API,
    TRANSACTIONS,
    LimitReached,
    request_count,
    rows_count,
    usage_count,
    usage_give_back,
)
from tests.accounts.phone import at_once, session_new
from tests.rupaya.core.asking import bearer_of
from tests.support.limits import address_new, client_new, left

pytestmark = pytest.mark.usefixtures("promised_limits")
SENTENCE = "Too many requests, please try again later."


def used_up(client: Client, path: str, headers=None, *, most=100):
    """The answer after so many."""
    for _ in range(most):
        assert client.get(path, headers=headers).status_code != 429
    return client.get(path, headers=headers)


class TestTheHeaders:
    def test_tell_what_is_left_in_both_standard_ways(self, committed, asha):
        response = client_new().get("/v1/me", headers=bearer_of(asha))

        left_s = int(response["RateLimit-Reset"])
        assert 0 < left_s <= 900
        assert response["RateLimit-Limit"] == "100"
        assert response["RateLimit-Remaining"] == "99"
        assert response["RateLimit-Policy"] == '"api";q=100;w=900'
        assert response["RateLimit"] == f'"api";r=99;t={left_s}'
        assert not [name for name in response.headers if name.lower().startswith("x-ratelimit")]

    def test_come_with_an_unchanged_answer_too(self, committed, asha):
        headers = bearer_of(asha)
        client = client_new()
        tag = client.get("/v1/me", headers=headers)["ETag"]

        response = client.get("/v1/me", headers={**headers, "If-None-Match": tag})

        assert response.status_code == 304
        assert left(response) == 98

    @pytest.mark.parametrize("path", ["/health", "/login", "/", "/static/none.css"])
    def test_are_not_on_what_is_not_limited(self, committed, path):
        response = client_new().get(path)

        assert not [name for name in response.headers if name.lower().startswith("ratelimit")]


class TestRequestCount:
    def test_lets_exactly_the_limit_through_and_says_when_to_come_back(self, committed, asha):
        response = used_up(client_new(), "/v1/me", bearer_of(asha))

        body = response.json()
        assert response.status_code == 429
        assert response["Content-Type"] == "application/problem+json"
        assert response["Retry-After"] == response["RateLimit-Reset"]
        assert 0 < int(response["Retry-After"]) <= 900
        assert (body["error"], body["detail"], body["code"]) == (SENTENCE, SENTENCE, "too_many_requests")
        assert body["status"] == 429
        assert body["request_id"] == response["X-Request-ID"]
        assert left(response) == 0

    def test_follows_a_person_to_another_address(self, committed, asha):
        headers = bearer_of(asha)

        client_new().get("/v1/me", headers=headers)

        assert left(client_new().get("/v1/me", headers=headers)) == 98

    def test_counts_two_people_of_one_address_apart(self, committed, asha, bala):
        client = client_new()
        client.get("/v1/me", headers=bearer_of(asha))

        assert left(client.get("/v1/me", headers=bearer_of(bala))) == 99

    def test_gives_transactions_a_limit_of_their_own(self, committed, asha):
        client, headers = client_new(), bearer_of(asha)

        listed = client.get("/v1/transactions", headers=headers)
        below = client.post("/v1/transactions/undo", b"{}", content_type="application/json", headers=headers)

        assert listed["RateLimit-Policy"] == '"transactions";q=1000;w=3600'
        assert (left(listed), left(below)) == (999, 998)
        assert left(client.get("/v1/me", headers=headers)) == 99

    def test_is_not_led_astray_by_a_path_that_looks_like_it(self, committed):
        assert client_new().get("/v1/transactionsx")["RateLimit-Policy"] == '"api";q=100;w=900'

    def test_counts_what_is_refused_before_a_view_for_the_address(self, committed):
        client = client_new()
        headers = {"Authorization": "Bearer rubbish"}

        said = [left(client.get("/v1/me", headers=headers)), left(client.get("/v1/nothing/here"))]
        said.append(left(client.get("/v1/me")))

        assert said == [99, 98, 97]

    def test_ends_a_search_for_tokens_or_addresses(self, committed):
        response = used_up(client_new(), "/v1/me", {"Authorization": "Bearer rubbish"})

        assert (response.status_code, response.json()["error"]) == (429, SENTENCE)
        assert "Retry-After" in response

    def test_counts_a_token_that_ran_out_for_whom_it_was(self, committed, asha):
        client = client_new()
        headers = bearer_of(asha)

        with time_machine.travel(clock.now() + dt.timedelta(hours=2), tick=True):
            response = client.get("/v1/me", headers=headers)

            assert response.status_code == 401
            assert left(client.get("/v1/me")) == 99  # nothing was counted for the address

    def test_counts_who_gets_new_tokens_for_the_person_not_the_address(self, committed, asha):
        token = session_new(asha.user).refresh_token
        client = client_new()

        response = client.post("/v1/auth/refresh", {"refresh_token": token}, content_type="application/json")

        assert response.status_code == 200
        assert left(client.get("/v1/nothing")) == 99

    def test_takes_a_network_of_ipv6_for_one_client(self, committed):
        network = address_new().removesuffix("1")

        said = [
            left(client_new(REMOTE_ADDR=f"{network}{host}").get("/v1/nothing")) for host in ("1", "ffff:2")
        ]

        assert said == [99, 98]

    def test_believes_no_address_that_the_client_wrote(self, committed, settings):
        settings.TRUSTED_PROXY_HOPS = 1
        client, seen = client_new(), address_new()

        said = [
            left(client.get("/v1/nothing", headers={"X-Forwarded-For": f"{address_new()}, {seen}"}))
            for _ in "12"
        ]

        assert said == [99, 98]

    def test_leaves_the_preflight_of_a_browser_uncounted(self, committed):
        client = client_new()
        asked = {"Origin": "https://app.rupaya.com", "Access-Control-Request-Method": "GET"}

        response = client.options("/v1/me", headers=asked)

        assert response.status_code == 200
        assert "RateLimit-Limit" not in response
        assert left(client.get("/v1/nothing")) == 99

    def test_raises_it_for_one_person(self, committed, asha, bala, settings):
        settings.RATE_LIMIT_PEOPLE = {(str(asha.id), "api"): (500, 60)}

        response = client_new().get("/v1/me", headers=bearer_of(asha))

        assert (response["RateLimit-Policy"], left(response)) == ('"api";q=500;w=60', 499)
        assert left(client_new().get("/v1/me", headers=bearer_of(bala))) == 99

    def test_counts_a_request_once(self):
        request = RequestFactory().get("/v1/me", REMOTE_ADDR=address_new())

        for _ in range(200):
            request_count(request)

    def test_does_nothing_of_what_is_over_the_limit(self, committed, asha, settings):
        settings.RATE_LIMITS["transactions"] = (1, 3600)
        client, headers = client_new(), bearer_of(asha)
        groceries = {"type": "expense", "amount": 500, "description": "Groceries"}

        said = [
            client.post(
                "/v1/transactions", groceries, content_type="application/json", headers=headers
            ).status_code
            for _ in range(3)
        ]

        settings.RATE_LIMITS["transactions"] = (2, 3600)
        assert said == [201, 429, 429]
        assert len(client.get("/v1/transactions", headers=headers).json()["results"]) == 1


class TestUsageCount:
    def test_lets_the_limit_through_of_many_at_once(self):
        who = address_new()

        def ask(_number):
            try:
                return usage_count(name="login", who=who).counted
            except LimitReached:
                return 0

        counted = sorted(filter(None, at_once(40, ask)))
        assert counted == [1, 2, 3, 4, 5]

    def test_counts_no_refusal(self):
        who = address_new()
        for _ in range(5):
            usage = usage_count(name="login", who=who)
        for _ in range(3):
            with pytest.raises(LimitReached):
                usage_count(name="login", who=who)

        assert usage_give_back(usage).counted == 4
        assert usage_count(name="login", who=who).counted == 5

    def test_looks_without_counting(self):
        who = address_new()
        usage_count(name=API, who=who)

        assert [usage_count(name=API, who=who, cost=0).counted for _ in "12"] == [1, 1]

    def test_begins_anew_when_the_window_is_over(self):
        who = address_new()
        usage_count(name=API, who=who, cost=100)

        with time_machine.travel(clock.now() + dt.timedelta(seconds=901), tick=False):
            assert usage_count(name=API, who=who).counted == 1

    def test_leaves_nothing_behind_in_valkey_for_long(self):
        from django_redis import get_redis_connection

        usage = usage_count(name=API, who=address_new())

        assert 0 < get_redis_connection("default").ttl(usage.key) <= 905

    def test_counts_names_and_people_apart(self):
        who = address_new()
        usage_count(name=API, who=who)

        assert usage_count(name=TRANSACTIONS, who=who).counted == 1
        assert usage_count(name=API, who=f"{who}0").counted == 1


class TestUsageGiveBack:
    def test_never_goes_below_nothing(self):
        usage = usage_count(name=API, who=address_new())
        for _ in range(3):
            usage = usage_give_back(usage)

        assert usage.counted == 0
        assert usage_count(name=API, who=usage.who).counted == 1


class TestRowsCount:
    @pytest.mark.parametrize(("rows", "cost"), [(1, 0), (10, 0), (11, 1), (20, 1), (500, 49)])
    def test_counts_ten_rows_as_one_call(self, asha, rows, cost):
        request = RequestFactory().post("/v1/transactions/batch")

        rows_count(request, person=asha.id, rows=rows)

        assert usage_count(name=TRANSACTIONS, who=str(asha.id), cost=0).counted == cost

    def test_counts_all_or_nothing_and_says_how_much(self, committed, asha, settings):
        settings.RATE_LIMITS["transactions"] = (5, 3600)
        items = [{"type": "expense", "amount": 5, "description": f"Tea {number}"} for number in range(60)]
        client, headers = client_new(), bearer_of(asha)

        refused = client.post(
            "/v1/transactions/batch",
            {"transactions": items},
            content_type="application/json",
            headers=headers,
        )
        done = client.post(
            "/v1/transactions/batch",
            {"transactions": items[:25]},
            content_type="application/json",
            headers=headers,
        )

        assert refused.status_code == 429
        assert refused.json()["error"] == SENTENCE
        assert refused.json()["errors"][0]["message"].startswith(
            "60 rows cost 5 calls beyond this one; 4 of 5 are left for the next "
        )
        assert (done.status_code, left(done)) == (201, 1)

    def test_undoes_an_undo_that_is_over_the_limit(self, committed, asha, settings):
        items = [{"type": "expense", "amount": 5, "description": f"Tea {number}"} for number in range(25)]
        client, headers = client_new(), bearer_of(asha)
        body = {"transactions": items}
        made = client.post("/v1/transactions/batch", body, content_type="application/json", headers=headers)
        settings.RATE_LIMITS["transactions"] = (2, 3600)
        undo = {"undo_token": made.json()["undo_token"]}

        response = client.post(
            "/v1/transactions/undo", undo, content_type="application/json", headers=headers
        )

        assert response.status_code == 429
        assert len(client.get("/v1/transactions", headers=headers).json()["results"]) == 25
