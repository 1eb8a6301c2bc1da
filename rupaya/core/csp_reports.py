"""`POST /v1/csp-reports`: what a browser kept a page from doing. Either a page is broken, or somebody tried."""

from __future__ import annotations

from collections.abc import Mapping
from typing import IO, Any, Final
from urllib.parse import urlsplit

import structlog
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.response import Response

from rupaya.core.api import ApiView
from rupaya.core.parsers import BodyTooLarge, BodyUnreadable, json_read

REPORT_BYTES_MAX: Final = 64 * 1024
REPORTS_MAX: Final = 20  # logged of one body
_TEXT_MAX: Final = 200  # characters
_log = structlog.get_logger("rupaya.csp")

# As the Reporting API names it, and as report-uri did before it.
_NAMES: Final = {
    "directive": ("effectiveDirective", "effective-directive", "violated-directive"),
    "disposition": ("disposition",),
    "line": ("lineNumber", "line-number"),
}
_ADDRESSES: Final = {
    "page": ("documentURL", "document-uri"),
    "blocked": ("blockedURL", "blocked-uri"),
    "source": ("sourceFile", "source-file"),
}


class ReportParser(BaseParser):
    """One report (`application/csp-report`) or a list of them (`application/reports+json`)."""

    media_type = "application/reports+json"

    def parse(
        self,
        stream: IO[bytes],
        media_type: str | None = None,  # noqa: ARG002
        parser_context: Mapping[str, Any] | None = None,  # noqa: ARG002
    ) -> Any:
        """Will give the violations' own fields; raises BodyUnreadable or BodyTooLarge."""
        raw = stream.read(REPORT_BYTES_MAX + 1)
        if len(raw) > REPORT_BYTES_MAX:
            raise BodyTooLarge(f"The report is larger than {REPORT_BYTES_MAX // 1024} KiB.")
        return reports_read(json_read(raw))


class OldReportParser(ReportParser):
    """What `report-uri` sends."""

    media_type = "application/csp-report"


class CspReports(ApiView):
    """`csp-reports`. Browsers send it without credentials; no client of the API does, so its schema leaves it out."""

    schema = None

    authentication_classes = ()
    permission_classes = ()
    parser_classes = (ReportParser, OldReportParser)

    def post(self, request: Request) -> Response:
        """Will log each violation, without what people typed into addresses; 204."""
        if not isinstance(request.data, list):  # what the framework makes of no body at all
            raise BodyUnreadable("The body is empty.")
        for report in request.data[:REPORTS_MAX]:
            _log.warning("csp.violated", **report_summary(report))
        return Response(status=204)


def reports_read(body: Any) -> list[dict[str, Any]]:
    """The violations in a body of either form; raises BodyUnreadable for anything else.

    Reports of other kinds, which the Reporting API may send along, are left out.
    """
    if isinstance(body, dict) and isinstance(body.get("csp-report"), dict):
        return [body["csp-report"]]
    if isinstance(body, list) and all(isinstance(report, dict) for report in body):
        return [
            report["body"]
            for report in body
            if report.get("type") == "csp-violation" and isinstance(report.get("body"), dict)
        ]
    raise BodyUnreadable("The body is not a report that a browser sends.")


def report_summary(report: Mapping[str, Any]) -> dict[str, str]:
    """What is worth keeping of a violation: each at most 200 characters, addresses without query and fragment."""
    plain = {name: _first(report, keys) for name, keys in _NAMES.items()}
    return plain | {name: _address(_first(report, keys)) for name, keys in _ADDRESSES.items()}


def _first(report: Mapping[str, Any], keys: tuple[str, ...]) -> str:
    found = next((report[key] for key in keys if isinstance(report.get(key), str | int)), "")
    return str(found)[:_TEXT_MAX]


def _address(text: str) -> str:
    """Blocked is `inline` or `eval` where it has no address; `data:` holds what was blocked itself."""
    try:
        parts = urlsplit(text)
    except ValueError:
        return ""
    if parts.scheme not in {"http", "https"}:
        return parts.scheme or parts.path[:20]
    return f"{parts.scheme}://{parts.hostname or ''}{parts.path}"
