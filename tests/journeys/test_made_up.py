"""Thousands of requests that Schemathesis makes up from the schema, good ones and bad ones, by nobody and by somebody.

Every check of its is on: no 500, nothing undocumented in status, type, headers or body, what the schema forbids is
refused, methods that are not there are 405, and a token is needed where the schema says so.
"""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from tests.ledger.attachments.pictures import PDF
from tests.support.engines import ROOT

DOCUMENT = ROOT / "docs" / "openapi.json"
STATEMENT = ROOT / "tests/ledger/statements/fixtures/hdfc_delimited.txt"
EXAMPLES_MAX = 5  # an operation and way of being wrong; beside what is derived from the schema
EXAMPLES_AT_LENGTH = 50  # `make chaos`
OPEN = ("attachment_download", "config_get", "login", "signup", "token_refresh")  # what needs no token
# A schema can't say that a cursor was given out, that splits add up, or that an account is in the book: such a request
# is good by the schema, and refused.
CONFIG = """
[checks]
positive_data_acceptance.expected-statuses = [
    "2xx", "3xx", "400", "401", "403", "404", "409", "410", "412", "422",
]
[phases.fuzzing]
generation.max-examples = {examples}
[parameters]
{parameters}
"""
pytestmark = pytest.mark.slow


class Somebody:
    """Whoever has just signed up, with one of everything that an address can name."""

    def __init__(self, live: str) -> None:
        self.base, self.token = f"{live}/v1", ""
        email = f"asha-{secrets.token_hex(6)}@example.in"
        signup = {"email": email, "password": "monsoon-mango-42", "full_name": "Asha Rao"}
        signed_in = self.post("auth/signup", signup)
        self.token = signed_in["access_token"]
        book_id = self._send("books")["results"][0]["id"]
        invitation = {"email": f"bala-{secrets.token_hex(6)}@example.in", "role": "editor"}
        tea = {"type": "expense", "amount": 20, "description": "Tea"}
        self.ids = {
            "user_id": signed_in["user"]["id"],
            "book_id": book_id,
            "account_id": self._send("accounts")["results"][0]["id"],
            "category_id": self._send("categories")["results"][0]["id"],
            "transaction_id": (transaction_id := self.post("transactions", tea)["id"]),
            "invitation_id": self.post(f"books/{book_id}/invitations", invitation)["id"],
            "attachment_id": self.upload(f"transactions/{transaction_id}/attachments", "a.pdf", PDF)["id"],
            "statement_id": self.upload(
                "statements", "july.txt", STATEMENT.read_bytes(), account_name="HDFC savings"
            )["id"],
        }

    def post(self, path, body):
        return self._send(path, json.dumps(body).encode(), "application/json")

    def upload(self, path, name, data, **fields):
        parts = [
            f'--x\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'
            for key, value in fields.items()
        ]
        parts.append(f'--x\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n')
        return self._send(
            path, "".join(parts).encode() + data + b"\r\n--x--\r\n", "multipart/form-data; boundary=x"
        )

    def _send(self, path, body=None, content_type="application/json"):
        headers = {"Content-Type": content_type, "Authorization": f"Bearer {self.token}"}
        request = urllib.request.Request(
            f"{self.base}/{path}", body, headers if self.token else {"Content-Type": content_type}
        )
        with urllib.request.urlopen(request, timeout=20) as response:
            return json.load(response)


def operations(*, are_open):
    """The ids of those that anybody may call, or of the others."""
    paths = json.loads(DOCUMENT.read_text())["paths"].values()
    found = [one for path in paths for one in path.values() if isinstance(one, dict) and "operationId" in one]
    return {one["operationId"] for one in found if bool(one.get("security")) != are_open}


def make_up(live, folder, *arguments, ids=None, examples=EXAMPLES_MAX):
    """Will run Schemathesis; what it found is in its output, and its exit code says whether."""
    parameters = "\n".join(f'"path.{name}" = "{value}"' for name, value in (ids or {}).items())
    config = folder / "schemathesis.toml"
    config.write_text(CONFIG.format(examples=examples, parameters=parameters))
    command = [Path(sys.executable).parent / "schemathesis", "--config-file", config, "run", DOCUMENT]
    options = [
        "--url",
        f"{live}/v1",
        "--seed",
        "1",
        "--continue-on-failure",
        "--suppress-health-check",
        "all",
    ]
    return subprocess.run(
        [*command, *options, "--phases", "examples,coverage,fuzzing", *arguments],
        cwd=folder,
        env=os.environ | {"NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


def of_nobody(live, folder, **more):
    only_open = [word for name in (*OPEN, "logout") for word in ("--include-operation-id", name)]
    return make_up(live, folder, *only_open, **more)


def of_somebody(live, folder, **more):
    asha = Somebody(live)
    token = f"Authorization: Bearer {asha.token}"
    # Signing out would end the session that all others need; nobody, who can't, tries it above.
    return make_up(live, folder, "-H", token, "--exclude-operation-id", "logout", ids=asha.ids, **more)


class TestMadeUpRequests:
    """What needs a token is also asked without one, and with a wrong one, in the second: Schemathesis sees to that."""

    def test_of_nobody_find_nothing(self, live, tmp_path):
        assert operations(are_open=True) == set(OPEN)

        done = of_nobody(live, tmp_path)

        assert done.returncode == 0, done.stdout[-20_000:]

    def test_of_somebody_find_nothing(self, live, tmp_path):
        done = of_somebody(live, tmp_path)

        assert done.returncode == 0, done.stdout[-20_000:]


@pytest.mark.chaos  # minutes
class TestMadeUpRequestsAtLength:
    def test_of_nobody_to_all_find_nothing(self, live, tmp_path):
        done = make_up(live, tmp_path, examples=EXAMPLES_AT_LENGTH)

        assert done.returncode == 0, done.stdout[-20_000:]

    def test_of_somebody_find_nothing(self, live, tmp_path):
        done = of_somebody(live, tmp_path, examples=EXAMPLES_AT_LENGTH)

        assert done.returncode == 0, done.stdout[-20_000:]
