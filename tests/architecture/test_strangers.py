"""Every address of the ledger, asked by somebody who has no business there.

A new address is walked by itself. One with a new kind of id in its path fails here until `ids` knows one of Asha's.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import URLPattern, get_resolver

from tests.rupaya.core.asking import bearer_of
from tests.support.cast import member_add

STATEMENT = Path(__file__).parent.parent / "ledger/statements/fixtures/hdfc_delimited.txt"
METHODS = ("get", "post", "put", "patch", "delete")
SECRET = "Ashas anniversary surprise"
ACCOUNT = "Ashas piggy bank"
# For people who are not signed in, or about nobody's book.
OPEN = {"v1/auth/signup", "v1/auth/login", "v1/auth/refresh", "v1/auth/logout"}
BOOKLESS = OPEN | {"v1/me"}


def routes(prefix: str) -> list[tuple[str, Any]]:
    """(path as written, pattern) of every address below the prefix."""
    found = []
    for entry in get_resolver().url_patterns:
        if str(entry.pattern) == prefix and hasattr(entry, "url_patterns"):
            found += [
                (prefix + str(inner.pattern), inner)
                for inner in entry.url_patterns
                if isinstance(inner, URLPattern)
            ]
    return found


API = [
    (path, method)
    for path, pattern in routes("v1/")
    for method in METHODS
    if hasattr(pattern.callback.view_class, method)
]
BOOK_API = [(path, method) for path, method in API if path not in BOOKLESS]
PAGES = [path for path, pattern in routes("") if pattern.callback.__module__.startswith("ledger.")]


@pytest.fixture
def ids(committed, asha):
    """Asha's ids by the name of the path's parameter; her book holds a transaction and a statement."""
    client, headers = Client(), bearer_of(asha)
    body = {"type": "expense", "amount": 500, "description": SECRET}
    assert (
        client.post("/v1/transactions", body, content_type="application/json", headers=headers).status_code
        == 201
    )
    file = SimpleUploadedFile("july.txt", STATEMENT.read_bytes())
    made = client.post("/v1/statements", {"file": file, "account_name": ACCOUNT}, headers=headers)
    assert made.status_code == 201, made.content
    accounts = client.get("/v1/accounts", headers=headers).json()["results"]
    categories = client.get("/v1/categories", headers=headers).json()["results"]
    listed = client.get("/v1/transactions", headers=headers).json()["results"]
    return {
        "statement_id": made.json()["id"],
        "account_id": next(account["id"] for account in accounts if account["name"] == ACCOUNT),
        "category_id": categories[0]["id"],
        "transaction_id": listed[0]["id"],
    }


def address(path: str, ids: dict[str, str]) -> str:
    for name, value in ids.items():
        path = path.replace(f"<uuid:{name}>", value)
    assert "<" not in path, f"{path}: give `ids` one of Asha's"
    return f"/{path}"


def call(client, method, path, headers=None):
    body = {} if method == "get" else {"data": b"{}", "content_type": "application/json"}
    return getattr(client, method)(path, headers=headers or {}, **body)


class TestWalk:
    def test_finds_the_house(self):
        assert {
            ("v1/transactions", "get"),
            ("v1/transactions", "post"),
            ("v1/statements/<uuid:statement_id>", "delete"),
        } <= set(API)
        assert {"", "transactions", "statements/<uuid:statement_id>"} <= set(PAGES)


@pytest.mark.parametrize(("path", "method"), API, ids=lambda value: value)
class TestNobody:
    def test_is_asked_to_sign_in(self, committed, path, method):
        ids = dict.fromkeys(
            ("statement_id", "account_id", "category_id", "transaction_id"),
            "019ab1c2-0000-7000-8000-0123456789ab",
        )

        status = call(Client(), method, address(path, ids)).status_code

        assert status == (400 if path in OPEN - {"v1/auth/logout"} else 401)


@pytest.mark.parametrize(("path", "method"), BOOK_API, ids=lambda value: value)
class TestStranger:
    def test_finds_nothing_in_ashas_book(self, ids, asha, chitra, path, method):
        where = f"{address(path, ids)}?book_id={asha.book.pk}"

        response = call(Client(), method, where, bearer_of(chitra))

        assert response.status_code == 404
        assert json.loads(response.content)["code"] == "book_not_found"

    def test_finds_nothing_of_ashas_in_a_book_of_their_own(self, ids, asha, chitra, path, method):
        response = call(Client(), method, address(path, ids), bearer_of(chitra))

        assert SECRET.encode() not in response.content
        assert str(asha.book.pk).encode() not in response.content
        if "<" in path:
            assert response.status_code == 404


class TestViewer:
    @pytest.mark.parametrize(("path", "method"), BOOK_API, ids=lambda value: value)
    def test_may_read_and_not_write(self, ids, asha, bala, admin_url, path, method):
        member_add(admin_url, book=asha.book, person=bala, role="viewer")
        where = f"{address(path, ids)}?book_id={asha.book.pk}"

        response = call(Client(), method, where, bearer_of(bala))

        assert response.status_code == (200 if method == "get" else 403), response.content


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path or "overview")
class TestPages:
    @pytest.mark.parametrize("method", ["get", "post"])
    def test_send_nobody_in_without_signing_in(self, ids, path, method):
        response = getattr(Client(), method)(address(path, ids))

        assert response.status_code == 302
        assert response["Location"].startswith("/login?next=")

    def test_show_a_stranger_nothing_of_ashas(self, ids, asha, chitra, path):
        client = Client()
        client.force_login(chitra.user)

        for response in (
            client.get(address(path, ids)),
            client.get(address(path, ids), {"book_id": str(asha.book.pk)}),
        ):
            page = response.content.decode()
            assert SECRET not in page
            assert ACCOUNT not in page
            assert response.status_code in ({404, 302} if "<" in path else {200})

    def test_let_a_stranger_change_nothing_of_ashas(self, ids, asha, chitra, path):
        client = Client()
        client.force_login(chitra.user)

        response = client.post(address(path, ids), {"book_id": str(asha.book.pk)})
        left = Client().get(f"/v1/statements/{ids['statement_id']}", headers=bearer_of(asha))

        assert SECRET not in response.content.decode()
        assert left.json()["status"] == "draft"
        if "<" in path:
            assert response.status_code in {404, 405}
