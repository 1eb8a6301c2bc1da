"""The security headers, on every kind of answer."""

from __future__ import annotations

import pytest
from django.http import HttpResponse
from django.test import Client, RequestFactory

from rupaya.core.headers import SecurityHeadersMiddleware, content_security_policy
from tests.rupaya.core.asking import bearer_of

POLICY = {
    "default-src": "'self'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data: https:",
    "font-src": "'self'",
    "connect-src": "'self' http://localhost:8000",
    "object-src": "'none'",
    "frame-src": "'none'",
    "frame-ancestors": "'none'",
    "base-uri": "'self'",
    "form-action": "'self'",
    "report-uri": "/v1/csp-reports",
    "report-to": "csp",
}
EXPECTED = {
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-site",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-DNS-Prefetch-Control": "on",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Permissions-Policy": "geolocation=(), microphone=(), camera=()",
    "X-XSS-Protection": "0",
    "Reporting-Endpoints": 'csp="/v1/csp-reports"',
}
KINDS = {
    "page": ("/", 200),
    "sign-in": ("/login", 200),
    "redirect": ("/accounts", 302),
    "api": ("/v1/categories", 200),
    "api refusal": ("/v1/categories", 401),
    "api unknown": ("/v1/nothing", 404),
    "unknown": ("/nothing", 404),
    "fault": ("/probe/fault", 500),
    "api fault": ("/v1/open/fault", 500),
    "static": ("/static/rupaya.css", 200),
    "static missing": ("/static/nothing.css", 404),
    "admin": ("/admin/login/", 200),
    "admin redirect": ("/admin/", 302),
    "health": ("/health", 200),
    "wrong host": ("/", 400),
}


@pytest.fixture(autouse=True)
def _static_files_as_they_lie(settings):
    settings.STATIC_ROOT = settings.BASE_DIR / "static"


def ask(asha, kind, *, secure=False):
    path, status = KINDS[kind]
    client = Client(raise_request_exception=False)
    headers = bearer_of(asha) if kind == "api" else {"Host": "evil.example"} if kind == "wrong host" else {}
    if kind == "page":
        client.force_login(asha.user)
    response = client.get(path, headers=headers, secure=secure)
    response.close()
    assert response.status_code == status
    return response


@pytest.mark.urls("tests.rupaya.core.probe_urls")
@pytest.mark.parametrize("kind", KINDS)
class TestSecurityHeadersMiddleware:
    def test_sends_the_contracts_headers(self, committed, asha, kind):
        response = ask(asha, kind)

        assert {name: response.get(name) for name in EXPECTED} == EXPECTED
        policy = dict(part.split(" ", 1) for part in response["Content-Security-Policy"].split("; "))
        assert policy == POLICY

    def test_sends_hsts_over_tls_only(self, committed, asha, kind):
        plain, secure = ask(asha, kind), ask(asha, kind, secure=True)

        assert "Strict-Transport-Security" not in plain
        assert secure["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains; preload"

    def test_says_nothing_of_the_software(self, committed, asha, kind):
        response = ask(asha, kind)

        assert {"Server", "X-Powered-By"}.isdisjoint(response.headers)

    def test_keeps_answers_out_of_caches(self, committed, asha, kind):
        directives = ask(asha, kind)["Cache-Control"]

        # What the API reads out may be kept by a phone that asks each time whether it still holds.
        assert (
            "no-store" in directives or kind == "static" or (kind, directives) == ("api", "private, no-cache")
        )


class TestStricterPolicy:
    def test_of_an_uploaded_file_is_kept(self):
        strict = {"Content-Security-Policy": "sandbox", "X-Frame-Options": "ALLOW"}
        middleware = SecurityHeadersMiddleware(lambda _: HttpResponse(headers=strict))

        response = middleware(RequestFactory().get("/"))

        assert response["Content-Security-Policy"] == "sandbox"
        assert response["X-Frame-Options"] == "DENY"


class TestContentSecurityPolicy:
    def test_lets_scripts_reach_the_api_and_nothing_else(self):
        policy = content_security_policy(api_base_url="https://api.rupaya.com/v1")

        assert "connect-src 'self' https://api.rupaya.com;" in policy

    @pytest.mark.parametrize("word", ["unsafe-inline", "unsafe-eval", "*", "http:"])
    def test_is_never_loosened(self, word):
        assert word not in content_security_policy(api_base_url="https://api.rupaya.com/v1")


class TestCors:
    """Answers under /v1 may be read by our own origins alone; nothing else has such a header."""

    @pytest.mark.parametrize("origin", ["https://app.rupaya.com", "http://localhost:3001"])
    def test_lets_our_origins_read_the_api(self, committed, origin):
        response = Client().get("/v1/categories", headers={"Origin": origin})

        assert response["Access-Control-Allow-Origin"] == origin
        assert "origin" in response["Vary"].lower()
        assert "Access-Control-Allow-Credentials" not in response
        exposed = set(response["Access-Control-Expose-Headers"].split(", "))
        assert exposed == {"x-request-id", "etag", "idempotency-replayed", "retry-after", "content-disposition"} | {
            "ratelimit", "ratelimit-policy", "ratelimit-limit", "ratelimit-remaining", "ratelimit-reset"
        }  # fmt: skip

    @pytest.mark.parametrize(
        "origin", ["https://rupaya.com.evil.in", "https://evil.in", "null", "http://app.rupaya.com"]
    )
    def test_tells_others_nothing(self, committed, origin):
        response = Client().options(
            "/v1/categories", headers={"Origin": origin, "Access-Control-Request-Method": "GET"}
        )

        assert "Access-Control-Allow-Origin" not in response

    def test_lets_nobody_read_a_page(self, committed):
        response = Client().get("/login", headers={"Origin": "https://app.rupaya.com"})

        assert "Access-Control-Allow-Origin" not in response
