"""What the log's entries refer to, looked up as their reader may see it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final
from uuid import UUID

from audit.rules import Entry, Said
from ledger.activity.rules import Header, Known, Named, Version, ids_in, said, versions_in
from ledger.attachments.models import Attachment
from ledger.books.models import Book
from ledger.journal.rules import LINE_MAX
from rupaya.core.db import rows_as_dicts

_HERE: Final = Path(__file__).parent
_NAMES_SQL: Final = (_HERE / "names.sql").read_text()
_HEADERS_SQL: Final = (_HERE / "headers.sql").read_text()


def speak(entries: Sequence[Entry]) -> dict[UUID, Said]:
    """What entries of the ledger's tables mean. Two queries at most, however many there are."""
    known = Known(
        names=_names(sorted(set().union(*map(ids_in, entries)))),
        headers=_headers(sorted(set().union(*map(versions_in, entries)))),
    )
    return {entry.id: said(entry, known) for entry in entries}


def rows_of_transaction(*, book: Book, transaction_id: UUID) -> tuple[tuple[str, str], ...]:
    """The (table, id) of all rows whose entries tell of a transaction: it and its papers. One query."""
    papers = Attachment.objects.filter(book=book, transaction_id=transaction_id).order_by("pk")
    return (
        ("ledger_transaction", str(transaction_id)),
        *(("ledger_attachment", str(pk)) for pk in papers.values_list("pk", flat=True)),
    )


def _names(ids: Sequence[str]) -> dict[str, Named]:
    wanted = [identity for identity in ids if _is_uuid(identity)]
    rows = rows_as_dicts(_NAMES_SQL, {"ids": wanted}) if wanted else []
    return {
        row["id"]: Named(row["name"], row["currency"], row["person"], is_equity=row["is_equity"])
        for row in rows
    }


def _headers(versions: Sequence[Version]) -> dict[Version, Header]:
    if not versions:
        return {}
    asked = {
        "ids": [identity for identity, _ in versions],
        "versions": [version for _, version in versions],
        "line_max": LINE_MAX,
    }
    return {
        (row["id"], row["version"]): Header(
            row["description"], row["currency"], tuple(zip(row["names"], row["minors"], strict=True))
        )
        for row in rows_as_dicts(_HEADERS_SQL, asked)
    }


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
