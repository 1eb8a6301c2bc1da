"""Logs: two renderings, and nothing in either that must not be there."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from rupaya.core.logging import REDACTED, logging_configure, redact, refusals_calm

ROOT = Path(__file__).parent.parent.parent.parent
CANARY = "kanari9Vogel"
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0aaaa.c2lnbmF0dXJl"
LINK = "Ab1-_" * 8 + "xyz"  # as long as an invitation's token
ACCOUNT = "50100123456789"


def redacted(**fields):
    return redact(None, "info", fields)


class TestRedact:
    @pytest.mark.parametrize(
        "key",
        ["password", "new_password", "Passwd", "access_token", "refresh_token", "token", "jwt_secret",
         "SECRET", "Authorization",
         "cookie", "Set-Cookie", "api_key", "apikey", "credentials", "account_number", "accountNumber",
         "card", "pan", "pan_number", "panNumber", "PANs",
         "aadhaar", "otp", "totp", "upi_id", "upiId", "vpa"],
    )  # fmt: skip
    def test_takes_out_a_value_by_its_key_at_any_depth(self, key):
        line = redacted(**{key: CANARY}, body={key: CANARY, "items": [{"deep": {key: [CANARY]}}]}, kept="yes")

        assert CANARY not in repr(line)
        assert line["kept"] == "yes"

    @pytest.mark.parametrize(
        "text",
        [JWT, f"Bearer {CANARY}", f"basic {CANARY}", f"password={CANARY}", f"access_token={CANARY}&x=1",
         f'"password": "{CANARY}"',
         f"refresh_token: {CANARY}", f"postgresql://user:{CANARY}@host/db", f"redis://:{CANARY}@host/0",
         f"A/C {ACCOUNT}", f"acct=XX{ACCOUNT}", f"SB_{ACCOUNT}.csv", "PAN ABCPE1234F",
         ACCOUNT, "4111 1111 1111 1111", "4111-1111-1111-1111", "2345 6789 0123",
         f"/invitations/{LINK}", f"/login?next=/invitations/{LINK}"],
    )  # fmt: skip
    def test_takes_out_a_secret_by_its_shape_at_any_depth(self, text):
        line = redacted(event=f"said {text} there", body={"x": [text, {"y": (text,)}], text: 1})

        assert REDACTED in line["event"]
        for secret in (CANARY, JWT, ACCOUNT, "1111", "6789", LINK, "ABCPE"):
            assert secret not in repr(line)

    def test_takes_out_account_numbers_that_are_keys(self):
        line = redacted(body={int(ACCOUNT): 1, ("pair", ACCOUNT): 2, None: 3})

        assert ACCOUNT not in repr(line)
        assert sorted(line["body"].values()) in ([1, 2, 3], [2, 3])

    def test_takes_out_account_numbers_that_are_numbers(self):
        assert redacted(value=int(ACCOUNT), small=12345678) == {"value": REDACTED, "small": 12345678}

    def test_leaves_what_operators_need(self):
        identity = "019ab1c2-0000-7000-8000-0123456789ab"
        fields = {
            "event": "request.finished",
            "request_id": identity, "user_id": identity, "path": f"/v1/statements/{identity}",
            "timestamp": "2026-11-23T04:47:11.123456Z",
            "status": 200, "duration_ms": 12, "is_new": True, "nothing": None,
            "date": "2026-11-23", "amount": "₹1,23,456.78", "span": "7", "occupied": "3",
            "ids": "019ab1c2-0000-7000-8000-012345678901 4bf92f3577b34da6a3ce929d0e0e4736",
        }  # fmt: skip

        assert redacted(**fields) == fields


SCRIPT = f"""
import logging, sys, structlog
from rupaya.core.logging import logging_configure
logging_configure(level="INFO", as_json=sys.argv[1] == "json", stream="stdout")
log = structlog.get_logger("rupaya.test")
structlog.contextvars.bind_contextvars(request_id="019ab1c2-0000-7000-8000-0123456789ab")
log.info("first.event", password="{CANARY}", body={{"token": "{CANARY}"}}, statement_id="abc")
log.debug("too.quiet")
try:
    raise ValueError("password={CANARY} {JWT} {ACCOUNT}")
except ValueError:
    log.exception("second.event")
    logging.getLogger("some.library").exception("third said {JWT} for %s", "{ACCOUNT}")
"""


def run(form):
    return subprocess.run(
        [sys.executable, "-c", SCRIPT, form], cwd=ROOT, capture_output=True, text=True, check=True
    )


class TestRefusalsCalm:
    def test_makes_one_line_of_what_anybody_can_provoke(self):
        line = refusals_calm(
            None,
            "error",
            {"logger": "django.security.DisallowedHost", "level": "error", "exc_info": (1, 2, 3)},
        )

        assert line == {"logger": "django.security.DisallowedHost", "level": "warning"}

    def test_leaves_faults_as_they_are(self):
        line = {"logger": "django.request", "level": "error", "exc_info": (1, 2, 3)}

        assert refusals_calm(None, "error", dict(line)) == line


class TestLoggingConfigure:
    def test_writes_one_json_object_a_line(self):
        done = run("json")

        lines = [json.loads(line) for line in done.stdout.splitlines()]
        assert [line["event"].split()[0] for line in lines] == ["first.event", "second.event", "third"]
        for line in lines:
            assert {"timestamp", "level", "event", "request_id"} <= line.keys()
        assert lines[0]["statement_id"] == "abc"
        assert "ValueError" in lines[1]["exception"]
        assert "ValueError" in lines[2]["exception"]

    @pytest.mark.parametrize("form", ["json", "console"])
    def test_writes_no_secret_in_fields_messages_or_exceptions(self, form):
        done = run(form)

        assert "second.event" in done.stdout
        assert "ValueError" in done.stdout
        for secret in (CANARY, JWT, ACCOUNT):
            assert secret not in done.stdout + done.stderr

    def test_writes_for_people_without_noise(self):
        done = run("console")

        assert "first.event" in done.stdout
        assert "hostname" not in done.stdout
        assert "pid" not in done.stdout

    def test_refuses_a_level_that_does_not_exist(self):
        before = logging.getLogger().level

        with pytest.raises(ImproperlyConfigured, match="LOG_LEVEL"):
            logging_configure(level="LOUD", as_json=True, stream="stdout")

        assert logging.getLogger().level == before
