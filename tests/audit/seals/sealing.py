"""What tests of seals do again and again."""

from __future__ import annotations

import os
from contextlib import contextmanager

import psycopg
from django.db import connections
from psycopg.conninfo import conninfo_to_dict

from audit.seals.keys import public_keys, signer
from audit.seals.models import Leaf
from audit.seals.rows import seal_last
from audit.seals.services import SEAL_ROWS_MAX, seal_make
from audit.seals.verification import log_verify
from rupaya.core.db import Actor, acting_as, undo

SEALER = Actor(user_id=None, kind="job")
TAMPERED = "tampered"


def seal_all(*, rows_max=SEAL_ROWS_MAX, key=None):
    """Everything that waits is sealed; the last seal, or None."""
    last = None
    while True:
        with acting_as(SEALER, using="sealer"):
            made = seal_make(
                signer=key or signer(),
                keys=public_keys() | ({key.public.id: key.public} if key else {}),
                using="sealer",
                rows_max=rows_max,
            )
        if made is None:
            return last
        last = made


def verify(using="sealer", **more):
    """What does not hold."""
    return log_verify(keys=public_keys(), using=using, **more)


def seal_newest():
    """The last seal, which there is."""
    seal = seal_last(using="sealer")
    assert seal is not None
    return seal


def position_of(entry_id):
    """Where an entry stands in the tree."""
    return Leaf.objects.using("sealer").get(entry_id=entry_id).position


def entries_of(person, admin_url):
    """The ids of a person's book's entries, as they are sealed."""
    with psycopg.connect(admin_url) as admin:
        rows = admin.execute(
            "SELECT id::text FROM audit_logs WHERE book_id = %s ORDER BY created_at, id", [person.book.pk]
        ).fetchall()
    return [entry for (entry,) in rows]


@contextmanager
def tampering(admin_url):
    """A superuser's transaction without any guard, and undone at the end: yields its `execute` and its alias."""
    parts = conninfo_to_dict(admin_url)
    connections.databases[TAMPERED] = {
        **connections["sealer"].settings_dict,
        "USER": parts["user"],
        "PASSWORD": parts.get("password") or "",
    }
    try:
        with acting_as(SEALER, using=TAMPERED):
            with connections[TAMPERED].cursor() as cursor:
                cursor.execute("SET LOCAL session_replication_role = 'replica'")

                def execute(sql, *parameters):
                    cursor.execute(sql, parameters or None)
                    return cursor.fetchall() if cursor.description else None

                yield execute
            undo(using=TAMPERED)
    finally:
        connections[TAMPERED].close()
        del connections[TAMPERED]
        del connections.databases[TAMPERED]


def sealer_connect():
    """A connection of one's own as the sealer."""
    return psycopg.connect(os.environ["DATABASE_SEALER_URL"])
