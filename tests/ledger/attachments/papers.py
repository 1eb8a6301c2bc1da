"""What the tests of attachments do over and over."""

from __future__ import annotations

import datetime as dt

import psycopg
from django.core.files.storage import default_storage

from ledger.attachments.models import Attachment
from ledger.attachments.rules import storage_key_new
from ledger.attachments.services import attachment_add
from rupaya.core.db import acting_as
from tests.ledger.attachments.pictures import png
from tests.ledger.desk import NOW, record

DAY = NOW.date()


def key_new() -> str:
    return storage_key_new(day=DAY)


def attached(person, data=None, *, transaction_id=None, name="bill.png", now=NOW) -> Attachment:
    """An attachment of a transaction, a new one where none is named."""
    transaction_id = transaction_id or record(person)
    with acting_as(person.actor):
        added = attachment_add(
            book=person.book,
            transaction_id=transaction_id,
            data=png() if data is None else data,
            name=name,
            now=now,
        )
    return added.attachment


def different(number):
    """A picture like no other of the test."""
    return png(size=(number + 1, 3))


def stored(attachment: Attachment) -> bytes:
    """What lies under its key."""
    with default_storage.open(attachment.storage_key) as file:
        return bytes(file.read())


def blobs(day: dt.date = DAY) -> set[str]:
    """The keys of all files of a day."""
    folder = f"attachments/{day}"
    return (
        {f"{folder}/{name}" for name in default_storage.listdir(folder)[1]}
        if default_storage.exists(folder)
        else set()
    )


def aged(admin_url, attachment: Attachment, *, days: int) -> None:
    """Will set back when an attachment was removed, which nobody but an administrator can."""
    with psycopg.connect(admin_url, autocommit=True) as admin:
        admin.execute("SET session_replication_role = replica")
        admin.execute(
            "UPDATE ledger_attachment SET removed_at = now() - make_interval(days => %s) WHERE id = %s",
            [days, attachment.pk],
        )
