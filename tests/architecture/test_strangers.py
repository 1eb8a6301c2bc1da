"""Every address of the ledger, asked by somebody who has no business there.

A new address is walked by itself. One with a new kind of id in its path fails here until `ids` knows one of Asha's.
"""

from __future__ import annotations

import functools
import json
import re
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client
from django.urls import URLPattern, get_resolver

from rupaya.core.ids import uuid7
from tests.ledger.attachments.pictures import PDF
from tests.ledger.books.sharing import invite, share
from tests.ledger.exports.taking import switched_on
from tests.rupaya.core.asking import bearer_of
from tests.support.cast import person_make

STATEMENT = Path(__file__).parent.parent / "ledger/statements/fixtures/hdfc_delimited.txt"
METHODS = ("get", "post", "put", "patch", "delete")
SECRET = "Ashas anniversary surprise"
ACCOUNT = "Ashas piggy bank"
BOOK = "Ashas treasury"
# For people who are not signed in, or about no book in particular.
OPEN = {"v1/auth/signup", "v1/auth/login", "v1/auth/refresh", "v1/auth/logout"}
# About nobody at all.
PUBLIC = {"v1/config"}
# Whoever has the address has the right: what was signed in it is the person who asked for it.
SIGNED = {"v1/attachments/<uuid:attachment_id>/file"}
BOOKLESS = OPEN | PUBLIC | SIGNED | {
    "v1/me", "v1/books", "v1/invitations/accept", "v1/sync", "v1/audit", "v1/flags",
}  # fmt: skip
# What of a book its owners alone may even read.
OWNERS_READ = {
    "v1/books/<uuid:book_id>/invitations",
    "v1/books/<uuid:book_id>/members/<uuid:user_id>/accounts",  # for the member themselves too; here it is Asha's
}
# A letter's link exists, and is not a stranger's; all else of Asha's does not exist for them.
LETTERS = {"invitations/<slug:token>"}
# For who has no book; others are led to theirs.
BOOK_NEW = {"books/new"}
# A page that takes no name in its address that it does not know.
EXACT = {"transactions/export"}
# Administering a book is its owners' too, and money is written elsewhere.
ADMINISTRATION = "v1/books/<uuid:book_id>"


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
ADMIN_API = [
    (path, method) for path, method in BOOK_API if path.startswith(ADMINISTRATION) and method != "get"
]
# Where a book of one's own stands in the address, somebody else's id may stand behind it.
FOREIGN = [
    (path, method, name)
    for path, method in BOOK_API
    if path.startswith(ADMINISTRATION)
    for name in re.findall(r"<uuid:([a-z_]+)>", path.removeprefix(ADMINISTRATION))
]
# What such an address must be sent to come as far as the id.
BODIES = {
    ("v1/books/<uuid:book_id>/members/<uuid:user_id>", "patch"): {"role": "viewer"},
    ("v1/books/<uuid:book_id>/members/<uuid:user_id>/accounts/<uuid:account_id>", "put"): {
        "visibility": "full"
    },
}
PAGES = [path for path, pattern in routes("") if pattern.callback.__module__.startswith("ledger.")]


@pytest.fixture(scope="module")
def asha(django_db_setup, django_db_blocker):
    """One for all: whoever is refused changes nothing of hers."""
    with django_db_blocker.unblock():
        yield person_make("Asha")


@pytest.fixture(scope="module")
def ids(asha):
    """Asha's ids by the name of the path's parameter.

    Her book holds a transaction with a receipt, a statement and an invitation. What a flag hides is shown to everyone.
    """
    with switched_on():
        yield _ids(asha)


@pytest.fixture(scope="module")
def member_of_asha(asha):
    """Makes, once for each role, somebody who shares Asha's book."""

    @functools.cache
    def member(role):
        person = person_make("Bala")
        share(asha, person, role)
        return person

    return member


def _ids(asha) -> dict[str, str]:
    client, headers = Client(), bearer_of(asha)
    body = {"type": "expense", "amount": 500, "description": SECRET}
    transaction = client.post("/v1/transactions", body, content_type="application/json", headers=headers)
    assert transaction.status_code == 201, transaction.content
    transaction_id = transaction.json()["id"]
    paper = {"file": SimpleUploadedFile(f"{SECRET}.pdf", PDF)}
    attached = client.post(f"/v1/transactions/{transaction_id}/attachments", paper, headers=headers)
    assert attached.status_code == 201, attached.content
    file = SimpleUploadedFile("july.txt", STATEMENT.read_bytes())
    made = client.post("/v1/statements", {"file": file, "account_name": ACCOUNT}, headers=headers)
    assert made.status_code == 201, made.content
    categories = client.get("/v1/categories", headers=headers).json()["results"]
    renamed = client.patch(
        f"/v1/books/{asha.book.pk}", {"name": BOOK}, content_type="application/json", headers=headers
    )
    assert renamed.status_code == 200, renamed.content
    invitation_id, token = invite(asha, f"{uuid7().hex}@example.in")
    return {
        "book_id": str(asha.book.pk),
        "user_id": str(asha.id),
        "account_id": str(asha.account("Cash").pk),
        "invitation_id": str(invitation_id),
        "statement_id": made.json()["id"],
        "token": token,
        "transaction_id": transaction_id,
        "attachment_id": attached.json()["id"],
        "category_id": categories[0]["id"],
    }


def address(path: str, ids: dict[str, str]) -> str:
    for name, value in ids.items():
        path = re.sub(f"<[a-z]+:{name}>", value, path)
    assert "<" not in path, f"{path}: give `ids` one of Asha's"
    return f"/{path}"


def of_book(path: str, ids: dict[str, str]) -> str:
    """The address with Asha's book in it, in the path or behind it."""
    named = address(path, ids)
    return named if "<uuid:book_id>" in path else f"{named}?book_id={ids['book_id']}"


def call(client, method, path, headers=None, *, body=None):
    sent = {} if method == "get" else {"data": json.dumps(body or {}), "content_type": "application/json"}
    return read(getattr(client, method)(path, headers=headers or {}, **sent))


def read(response):
    """The answer; a file that is streamed, read to its end."""
    if not response.streaming:
        return response
    return HttpResponse(response.getvalue(), status=response.status_code)


class TestWalk:
    def test_finds_the_house(self):
        assert {
            ("v1/transactions", "get"),
            ("v1/transactions", "post"),
            ("v1/statements/<uuid:statement_id>", "delete"),
            ("v1/books/<uuid:book_id>/members/<uuid:user_id>/accounts/<uuid:account_id>", "put"),
            ("v1/transactions/batch", "patch"),
            ("v1/transactions/undo", "post"),
            ("v1/transactions/<uuid:transaction_id>", "patch"),
            ("v1/transactions/<uuid:transaction_id>/restore", "post"),
        } <= set(API)
        assert {"", "transactions", "statements/<uuid:statement_id>"} <= set(PAGES)


@pytest.mark.parametrize(
    ("path", "method"), [one for one in API if one[0] not in PUBLIC], ids=lambda value: value
)
class TestNobody:
    def test_is_asked_to_sign_in(self, committed, path, method):
        anything = re.sub(r"<uuid:[a-z_]+>", "019ab1c2-0000-7000-8000-0123456789ab", path)

        status = call(Client(), method, address(anything, {})).status_code

        assert status == (404 if path in SIGNED else 400 if path in OPEN - {"v1/auth/logout"} else 401)


@pytest.mark.parametrize(("path", "method"), BOOK_API, ids=lambda value: value)
class TestStranger:
    def test_finds_nothing_in_ashas_book(self, committed, ids, asha, chitra, path, method):
        where = of_book(path, ids)

        response = call(Client(), method, where, bearer_of(chitra))

        assert response.status_code == 404
        assert json.loads(response.content)["code"] == "book_not_found"

    def test_finds_nothing_of_ashas_in_a_book_of_their_own(self, committed, ids, asha, chitra, path, method):
        response = call(Client(), method, address(path, ids), bearer_of(chitra))

        assert SECRET.encode() not in response.content
        assert str(asha.book.pk).encode() not in response.content
        if "<" in path:
            assert response.status_code == 404


class TestForeignId:
    @pytest.mark.parametrize(("path", "method", "name"), FOREIGN, ids=lambda value: value)
    def test_is_unknown_in_a_book_of_ones_own(self, committed, ids, asha, chitra, path, method, name):
        own = {"book_id": str(chitra.book.pk), "user_id": str(chitra.id)}
        where = address(path, ids | own | {name: ids[name]})

        response = call(Client(), method, where, bearer_of(chitra), body=BODIES.get((path, method), {}))

        assert response.status_code == 404, response.content


@pytest.mark.parametrize("path", sorted(BOOKLESS - OPEN))
@pytest.mark.parametrize("method", METHODS)
class TestBookless:
    def test_tells_a_stranger_nothing_of_ashas(self, committed, ids, asha, chitra, path, method):
        response = call(Client(), method, f"{address(path, ids)}?book_id={asha.book.pk}", bearer_of(chitra))

        assert response.status_code in {200, 400, 405}
        for secret in (SECRET, BOOK, str(asha.book.pk), asha.user.email):
            assert secret.encode() not in response.content


class TestEditor:
    @pytest.mark.parametrize(("path", "method"), ADMIN_API, ids=lambda value: value)
    def test_does_not_administer_a_book(self, committed, ids, member_of_asha, path, method):
        editor = member_of_asha("editor")

        response = call(Client(), method, address(path, ids), bearer_of(editor))

        assert response.status_code == 403, response.content


class TestViewer:
    @pytest.mark.parametrize(("path", "method"), BOOK_API, ids=lambda value: value)
    def test_may_read_and_not_write(self, committed, ids, asha, member_of_asha, path, method):
        viewer = member_of_asha("viewer")
        where = of_book(path, ids)

        response = call(Client(), method, where, bearer_of(viewer))

        may = method == "get" and path not in OWNERS_READ
        assert response.status_code == (200 if may else 403), response.content


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path or "overview")
class TestPages:
    @pytest.mark.parametrize("method", ["get", "post"])
    def test_send_nobody_in_without_signing_in(self, committed, ids, path, method):
        response = getattr(Client(), method)(address(path, ids))

        assert response.status_code == 302
        assert response["Location"].startswith("/login?next=")

    def test_show_a_stranger_nothing_of_ashas(self, committed, ids, asha, chitra, path):
        client = Client()
        client.force_login(chitra.user)

        for query, fine in (({}, 200), ({"book_id": str(asha.book.pk)}, 400 if path in EXACT else 200)):
            response = read(client.get(address(path, ids), query))
            page = response.content.decode()
            assert SECRET not in page
            assert ACCOUNT not in page
            assert BOOK not in page
            refusal = 403 if path in LETTERS else 404
            assert response.status_code in (
                {refusal, 302} if "<" in path else {302 if path in BOOK_NEW else fine}
            )

    def test_let_a_stranger_change_nothing_of_ashas(self, committed, ids, asha, chitra, path):
        client = Client()
        client.force_login(chitra.user)

        response = read(client.post(address(path, ids), {"book_id": str(asha.book.pk)}))
        left = Client().get(f"/v1/statements/{ids['statement_id']}", headers=bearer_of(asha))

        assert SECRET not in response.content.decode()
        assert left.json()["status"] == "draft"
        if "<" in path:
            assert response.status_code in {403 if path in LETTERS else 404, 405}
