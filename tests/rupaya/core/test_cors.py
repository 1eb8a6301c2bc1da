"""Who may read the API from another origin: a hostile table, over HTTP."""

from __future__ import annotations

import pytest
from django.test import Client

OURS = [
    "http://localhost:8000", "https://localhost:8000", "http://localhost:3001",
    "https://app.rupaya.com", "https://a.b.rupaya.com", "https://a-b.rupaya.com", "https://1.rupaya.com",
]  # fmt: skip
HOSTILE = [
    "https://rupaya.com", "http://app.rupaya.com", "https://rupaya.com.evil.in", "https://app.rupaya.com.evil.in",
    "https://evilrupaya.com", "https://app-rupaya.com", "https://app.rupaya.com:8443", "https://app.rupaya.com:443",
    "https://app.rupaya.com/", "https://app.rupaya.com/x", "https://app.rupaya.com?x", "https://app.rupaya.com#x",
    "https://app.rupaya.com%0a", "https://app.rupaya.com%00.evil.in", "https://app.rupaya.com\\.evil.in",
    "https://user@app.rupaya.com", "https://app.rupaya.com@evil.in", "https://evil.in/.rupaya.com",
    "https://evil.in#.rupaya.com", "https://evil.in?.rupaya.com", "https://evil.in\\.rupaya.com",
    "https://.rupaya.com", "https://a..rupaya.com", "https://*.rupaya.com", "https://a_b.rupaya.com",
    "https://app.rupaya.com.", "https://apprupaya.com", "https://app.rupaya.co", "https://app.rupaya.comx",
    "https://app.rupaya.com https://evil.in", "https://evil.in,https://app.rupaya.com", "https://app.rupaya.com,",
    "HTTPS://APP.RUPAYA.COM", "https://APP.rupaya.com", "https:app.rupaya.com", "https//app.rupaya.com",
    "//app.rupaya.com", "app.rupaya.com", "ftp://app.rupaya.com", "file://", "data://app.rupaya.com",
    "chrome-extension://app.rupaya.com", "null", "NULL", "*", "localhost:8000", "http://localhost",
    "http://localhost:8001", "http://localhost:80000", "http://localhost:8000.evil.in", "http://127.0.0.1:8000",
    "http://[::1]:8000", "http://localhost.evil.in:8000", "https://xn--pp-via.rupaya.com.evil.in",
    "https://0x7f.1", "https://app.rupaya.com" + "a" * 5000, "https://" + "a." * 2000 + "rupaya.org",
]  # fmt: skip
METHODS = {"GET", "POST", "PUT", "PATCH", "DELETE"}


def preflight(origin: str, path: str = "/v1/transactions", **asked: str):
    headers = {"Origin": origin, "Access-Control-Request-Method": "POST", **asked}
    return Client().options(path, headers=headers)


class TestOurOrigins:
    @pytest.mark.parametrize("origin", OURS)
    @pytest.mark.parametrize("path", ["/v1/me", "/v1/nothing/here"])
    def test_may_read_answers_and_refusals(self, committed, origin, path):
        response = Client().get(path, headers={"Origin": origin})

        assert response.status_code in {401, 404}
        assert response["Access-Control-Allow-Origin"] == origin
        assert "origin" in response["Vary"].lower()

    @pytest.mark.parametrize("origin", OURS)
    def test_may_send_what_a_client_needs(self, committed, origin):
        asked = {"Access-Control-Request-Headers": "authorization, content-type, idempotency-key, if-match"}

        response = preflight(origin, **asked)

        assert response.status_code == 200
        assert response["Access-Control-Allow-Origin"] == origin
        assert set(response["Access-Control-Allow-Methods"].split(", ")) >= METHODS
        assert {"authorization", "content-type", "idempotency-key", "if-match"} <= set(
            response["Access-Control-Allow-Headers"].split(", ")
        )
        assert "origin" in response["Vary"].lower()

    def test_bring_no_cookies(self, committed):
        for response in (preflight(OURS[3]), Client().get("/v1/me", headers={"Origin": OURS[3]})):
            assert "Access-Control-Allow-Credentials" not in response

    def test_may_read_that_they_are_over_a_limit(self, committed, promised_limits, settings):
        from tests.support.limits import client_new

        settings.RATE_LIMITS["api"] = (1, 900)
        client, headers = client_new(), {"Origin": OURS[3]}
        client.get("/v1/me", headers=headers)

        response = client.get("/v1/me", headers=headers)

        assert response.status_code == 429
        assert response["Access-Control-Allow-Origin"] == OURS[3]
        assert {"retry-after", "ratelimit-remaining", "ratelimit"} <= set(
            response["Access-Control-Expose-Headers"].split(", ")
        )


class TestAnybodyElse:
    @pytest.mark.parametrize("origin", HOSTILE, ids=lambda origin: origin[:40])
    def test_learns_nothing(self, committed, origin):
        for response in (Client().get("/v1/me", headers={"Origin": origin}), preflight(origin)):
            told = [name for name in response.headers if name.lower().startswith("access-control-allow-")]
            assert told == []
            assert "origin" in response["Vary"].lower()  # a cache keeps this apart from an answer to us

    def test_is_told_apart_from_nobody(self, committed):
        response = Client().get("/v1/me")

        assert "Access-Control-Allow-Origin" not in response
        assert "origin" in response["Vary"].lower()


class TestWhatIsNotTheApi:
    @pytest.mark.parametrize(
        "path", ["/", "/login", "/admin/login/", "/health", "/v1", "/v12/me", "/x/v1/me"]
    )
    def test_is_read_by_no_other_origin(self, committed, path):
        for response in (Client().get(path, headers={"Origin": OURS[3]}), preflight(OURS[3], path)):
            assert not [name for name in response.headers if name.lower().startswith("access-control-")]
