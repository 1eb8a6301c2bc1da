"""The security headers of every answer: pages, API, admin, static files, errors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse

_ALWAYS: Final = {
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-site",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-DNS-Prefetch-Control": "on",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Permissions-Policy": "geolocation=(), microphone=(), camera=()",
    # The auditor that this header once turned on was a hole itself; 0 keeps old browsers from it.
    "X-XSS-Protection": "0",
}
REPORTS_PATH: Final = "/v1/csp-reports"
_REPORTS_GROUP: Final = "csp"
_HSTS: Final = "max-age=31536000; includeSubDomains; preload"


def content_security_policy(*, api_base_url: str) -> str:
    """The one policy: everything from here, nothing inline, nobody frames us."""
    api = urlsplit(api_base_url)
    directives = {
        "default-src": "'self'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": "'self' data: https:",
        "font-src": "'self'",
        "connect-src": f"'self' {api.scheme}://{api.netloc}",
        "object-src": "'none'",
        "frame-src": "'none'",
        "frame-ancestors": "'none'",
        "base-uri": "'self'",
        "form-action": "'self'",
        "report-uri": REPORTS_PATH,  # what browsers knew before report-to, and Firefox still does
        "report-to": _REPORTS_GROUP,
    }
    return "; ".join(f"{name} {value}" for name, value in directives.items())


def security_headers(*, is_secure: bool) -> dict[str, str]:
    """What every answer carries; `is_secure` where it goes over TLS."""
    headers = {
        **_ALWAYS,
        "Content-Security-Policy": content_security_policy(api_base_url=settings.API_BASE_URL),
        "Reporting-Endpoints": f'{_REPORTS_GROUP}="{REPORTS_PATH}"',
    }
    return headers | {"Strict-Transport-Security": _HSTS} if is_secure else headers


class SecurityHeadersMiddleware:
    """Outermost, so that no answer leaves without the headers."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.headers = {is_secure: security_headers(is_secure=is_secure) for is_secure in (False, True)}

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Will add the headers; what says nothing of caches itself is kept by none."""
        response = self.get_response(request)
        for name, value in self.headers[request.is_secure()].items():
            # A file that people uploaded comes with a stricter policy than any page could work under.
            if not (name == "Content-Security-Policy" and response.has_header(name)):
                response[name] = value
        if not response.has_header("Cache-Control"):
            response["Cache-Control"] = "no-store"
        return response
