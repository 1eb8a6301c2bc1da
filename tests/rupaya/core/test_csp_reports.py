"""What browsers tell of a page that tried what the policy forbids."""

from __future__ import annotations

import json

import pytest
import structlog
from django.test import Client

from rupaya.core.csp_reports import REPORT_BYTES_MAX, REPORTS_MAX, report_summary, reports_read
from rupaya.core.parsers import BodyUnreadable

NEW = {
    "type": "csp-violation",
    "body": {
        "documentURL": "https://rupaya.com/transactions?q=salary#top",
        "blockedURL": "https://evil.example/x.js?stolen=1",
        "effectiveDirective": "script-src-elem",
        "disposition": "enforce",
        "sourceFile": "https://rupaya.com/static/rupaya.js",
        "lineNumber": 7,
    },
}
OLD = {
    "csp-report": {
        "document-uri": "https://rupaya.com/transactions?q=salary",
        "blocked-uri": "inline",
        "violated-directive": "style-src",
        "disposition": "enforce",
    }
}
KINDS = {"new": "application/reports+json", "old": "application/csp-report"}


def send(body, kind="new", **options):
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Client(raise_request_exception=False).post(
        "/v1/csp-reports", raw, content_type=KINDS[kind], **options
    )


class TestCspReports:
    def test_logs_what_was_kept_from_happening(self):
        with structlog.testing.capture_logs() as logs:
            response = send([NEW])

        assert (response.status_code, response.content) == (204, b"")
        [line] = [line for line in logs if line["event"] == "csp.violated"]
        assert line["directive"] == "script-src-elem"
        assert line["blocked"] == "https://evil.example/x.js"
        assert line["page"] == "https://rupaya.com/transactions"
        assert line["line"] == "7"

    def test_takes_the_older_form(self):
        with structlog.testing.capture_logs() as logs:
            response = send(OLD, kind="old")

        assert response.status_code == 204
        assert [line["blocked"] for line in logs if line["event"] == "csp.violated"] == ["inline"]

    def test_logs_a_bounded_number_of_one_body(self):
        with structlog.testing.capture_logs() as logs:
            assert send([NEW] * (REPORTS_MAX + 30)).status_code == 204

        assert len([line for line in logs if line["event"] == "csp.violated"]) == REPORTS_MAX

    @pytest.mark.parametrize(
        "raw",
        [
            b"",
            b"{",
            b"1",
            b"null",
            b'"x"',
            b"[1]",
            b'{"csp-report": []}',
            b"[" * 5000,
            b"\xff",
            b'["\\u0000"]',
        ],
        ids=lambda raw: raw[:20].decode("latin-1"),
    )
    @pytest.mark.parametrize("kind", KINDS)
    def test_refuses_what_no_browser_sends(self, raw, kind):
        response = send(raw, kind)

        assert response.status_code == 400
        assert response.json()["code"] == "body_unreadable"

    def test_refuses_a_large_one(self):
        response = send(b'["' + b"x" * REPORT_BYTES_MAX + b'"]')

        assert (response.status_code, response.json()["code"]) == (413, "body_too_large")

    def test_takes_no_other_kind_of_body(self):
        response = Client().post("/v1/csp-reports", b"{}", content_type="application/json")

        assert (response.status_code, response.json()["code"]) == (415, "unsupported_media_type")


class TestReportsRead:
    def test_leaves_out_reports_of_other_kinds(self):
        assert reports_read([NEW, {"type": "deprecation", "body": {}}, {"type": "csp-violation"}]) == [
            NEW["body"]
        ]

    def test_refuses_what_is_no_report(self):
        with pytest.raises(BodyUnreadable):
            reports_read({"csp-report": 1})


class TestReportSummary:
    @pytest.mark.parametrize(
        ("address", "kept"),
        [("https://a.in:8/p?q#f", "https://a.in/p"), ("https://me:secret@a.in/", "https://a.in/"), ("inline", "inline"),
         ("data:text/html,secret", "data"), ("https://[bad", ""), ("", ""), (None, ""), ({"a": 1}, "")],
    )  # fmt: skip
    def test_keeps_no_query_no_password_and_no_data(self, address, kept):
        assert report_summary({"blockedURL": address})["blocked"] == kept

    def test_keeps_little(self):
        summary = report_summary(
            {"effectiveDirective": "x" * 9000, "documentURL": "https://a.in/" + "y" * 9000}
        )

        assert max(map(len, summary.values())) <= 200
