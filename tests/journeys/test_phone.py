"""What a phone does in its first minutes, over HTTP and nothing else."""

from __future__ import annotations

import http.client
import json
import secrets
from urllib.parse import urlsplit

import pytest

from tests.journeys.visitor import FIXTURES, PASSWORD, client_address

pytestmark = pytest.mark.slow


class Phone:
    """A device with a network and the tokens that it was given."""

    def __init__(self, address: str) -> None:
        self.address = client_address()
        self.connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=15)
        self.email = f"phone-{secrets.token_hex(6)}@example.in"
        self.access = ""
        self.refresh = ""

    def ask(self, method: str, path: str, body=None, *, kind="application/json", token=None):
        """(status, JSON answer or None)."""
        headers = {"X-Forwarded-For": self.address, "Accept": "application/json"}
        bearer = self.access if token is None else token
        if bearer:
            headers["Authorization"] = f"Bearer {bearer}"
        if body is not None:
            headers["Content-Type"] = kind
            body = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.connection.request(method, path, body, headers)
        answer = self.connection.getresponse()
        content = answer.read()
        return answer.status, json.loads(content) if content else None

    def sign_up(self):
        given = {"email": self.email, "password": PASSWORD, "full_name": "Asha Rao"}
        status, answer = self.ask("POST", "/v1/auth/signup", given)
        assert status == 201
        self.access, self.refresh = answer["access_token"], answer["refresh_token"]
        return answer

    def upload(self, name: str, **fields: str):
        """Will send a fixture as a form with a file, as a phone's HTTP library does."""
        boundary = secrets.token_hex(16)
        parts = [
            f'--{boundary}\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'.encode()
            for key, value in fields.items()
        ]
        head = f'Content-Disposition: form-data; name="file"; filename="{name}"\r\nContent-Type: text/plain'
        data = (FIXTURES / name).read_bytes()
        body = b"".join(
            [*parts, f"--{boundary}\r\n{head}\r\n\r\n".encode(), data, f"\r\n--{boundary}--".encode()]
        )
        return self.ask("POST", "/v1/statements", body, kind=f"multipart/form-data; boundary={boundary}")


@pytest.fixture
def phone(live):
    made = Phone(live)
    yield made
    made.connection.close()


class TestFirstDay:
    def test_signing_up_answers_with_tokens_and_the_person(self, phone):
        answer = phone.sign_up()

        assert answer["token_type"].lower() == "bearer"
        assert answer["expires_in"] == 3600
        assert answer["user"]["email"] == phone.email
        assert answer["user"]["full_name"] == "Asha Rao"

    def test_the_smallest_expense_that_works_is_recorded_today(self, phone):
        phone.sign_up()

        status, made = phone.ask(
            "POST", "/v1/transactions", {"type": "expense", "amount": 500, "description": "Groceries"}
        )

        assert status == 201
        assert (made["type"], made["amount"], made["amount_minor"]) == ("expense", 500, 50_000)
        assert (made["currency"], made["description"]) == ("INR", "Groceries")
        assert made["id"]
        assert made["created_at"]

    def test_pages_hold_every_transaction_once(self, phone):
        phone.sign_up()
        for number in range(1, 6):
            body = {"type": "income", "amount": number, "description": f"Gift {number}", "date": "2026-11-01"}
            assert phone.ask("POST", "/v1/transactions", body)[0] == 201

        seen, path = [], "/v1/transactions?limit=2"
        while path:
            status, page = phone.ask("GET", path)
            assert status == 200
            seen += [row["description"] for row in page["results"]]
            path = page["next"] and page["next"].partition(urlsplit(page["next"]).netloc)[2]

        assert sorted(seen) == [f"Gift {number}" for number in range(1, 6)]

    def test_a_statement_is_read_looked_at_and_confirmed_into_the_balances(self, phone):
        phone.sign_up()

        status, draft = phone.upload("hdfc_delimited.txt", account_name="HDFC savings")
        status_confirm, done = phone.ask("POST", f"/v1/statements/{draft['id']}/confirm", {})
        _, accounts = phone.ask("GET", "/v1/accounts")

        assert (status, draft["status"], draft["new_count"], draft["difference_minor"]) == (
            201,
            "draft",
            10,
            0,
        )
        assert (status_confirm, done["status"]) == (200, "posted")
        balances = {account["name"]: account["balance_minor"] for account in accounts["results"]}
        assert balances["HDFC savings"] == 9_368_325

    def test_a_refreshed_token_works_and_after_signing_out_none_does(self, phone):
        phone.sign_up()
        old_refresh = phone.refresh

        status, answer = phone.ask("POST", "/v1/auth/refresh", {"refresh_token": phone.refresh}, token="")
        phone.access, phone.refresh = answer["access_token"], answer["refresh_token"]
        assert (status, phone.ask("GET", "/v1/me")[0]) == (200, 200)
        assert phone.ask("POST", "/v1/auth/logout", {"refresh_token": phone.refresh})[0] == 204

        for refused in (phone.refresh, old_refresh):
            status, problem = phone.ask("POST", "/v1/auth/refresh", {"refresh_token": refused}, token="")
            assert status == 401
            assert problem["error"]
        assert phone.ask("GET", "/v1/transactions")[0] == 401

    def test_somebody_elses_statement_is_not_there(self, phone, live):
        phone.sign_up()
        draft = phone.upload("sbi.xls", account_name="SBI")[1]
        stranger = Phone(live)
        stranger.sign_up()

        answers = [
            stranger.ask("GET", f"/v1/statements/{draft['id']}"),
            stranger.ask("GET", f"/v1/statements/{draft['id']}/lines"),
            stranger.ask("POST", f"/v1/statements/{draft['id']}/confirm", {}),
            stranger.ask("DELETE", f"/v1/statements/{draft['id']}"),
        ]
        stranger.connection.close()

        assert [status for status, _ in answers] == [404] * 4
        assert phone.ask("GET", f"/v1/statements/{draft['id']}")[0] == 200
