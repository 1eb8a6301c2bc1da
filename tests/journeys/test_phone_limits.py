"""A phone's ordinary day stays inside the limits that are promised, even when all of it falls into one window."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from ledger.statements.parsers.table import ROWS_MAX
from ledger.statements.views import ROWS_A_CALL
from tests.accounts.phone import PASSWORD, address_new
from tests.journeys.visitor import FIXTURES
from tests.support.limits import PROMISED, client_new

pytestmark = pytest.mark.usefixtures("promised_limits")
OPENED = 5  # times that the app is opened within a quarter of an hour


class App:
    """An app that asks for what its screens need, and never got a 429."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.headers: dict[str, str] = {}
        self.left: dict[str, int] = {}
        self.asked: Counter[str] = Counter()

    def ask(self, method: str, path: str, body: Any = None, *, expected: int = 200, **given: Any) -> Any:
        sent = {"data": body, "content_type": "application/json"} if body is not None else given
        response = getattr(self.client, method)(f"/v1/{path}", headers=self.headers, **sent)
        assert response.status_code == expected, (path, response.content)
        name = response["RateLimit-Policy"].split('"')[1]
        self.left[name] = int(response["RateLimit-Remaining"])
        self.asked[name] += 1
        return response.json() if response.content else {}

    def sign_up(self) -> None:
        body = {"email": address_new(), "password": PASSWORD, "full_name": "Asha Rao"}
        self.signed_in(self.ask("post", "auth/signup", body, expected=201))

    def signed_in(self, tokens: dict[str, Any]) -> None:
        self.refresh_token = tokens["refresh_token"]
        self.headers = {"Authorization": f"Bearer {tokens['access_token']}"}

    def open(self) -> None:
        """The overview: where money is, what moved it, and the newest of it."""
        self.signed_in(self.ask("post", "auth/refresh", {"refresh_token": self.refresh_token}))
        for path in ("me", "books", "accounts", "categories", "reports/net_worth", "reports/cash_flow"):
            self.ask("get", path)
        self.ask("get", "transactions?limit=20")

    def scroll(self, pages: int) -> None:
        for _ in range(pages):
            self.ask("get", "transactions?limit=50")

    def add(self, number: int) -> None:
        body = {"type": "expense", "amount": 40 + number, "description": f"Tea {number}"}
        made = self.ask("post", "transactions", body, expected=201)
        self.ask("patch", f"transactions/{made['id']}", {"tags": ["tea"]})
        self.ask("get", "accounts")

    def import_statement(self) -> None:
        file = SimpleUploadedFile("sbi.xls", (FIXTURES / "sbi.xls").read_bytes())
        draft = self.ask(
            "post", "statements", expected=201, data={"account_name": "SBI savings", "file": file}
        )
        self.ask("get", f"statements/{draft['id']}/lines?limit=200")
        self.ask("post", f"statements/{draft['id']}/confirm", {})
        self.ask("get", "accounts")


@pytest.mark.slow
class TestAPhonesDay:
    def test_stays_well_inside_when_all_of_it_falls_into_one_window(self, committed):
        app = App(client_new())
        app.sign_up()

        for _ in range(OPENED):
            app.open()
            app.scroll(4)
        for number in range(10):
            app.add(number)
        app.import_statement()

        assert app.asked["api"] >= 50
        assert app.left["api"] >= 25
        assert app.left["transactions"] >= 900

    def test_leaves_room_for_the_largest_file_that_is_taken(self):
        assert PROMISED["transactions"][0] / 2 > ROWS_MAX / ROWS_A_CALL
