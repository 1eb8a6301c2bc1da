"""Sealing under late and interleaved writers, and after a dump was restored elsewhere."""

from __future__ import annotations

import os
import re
import subprocess
import threading

import psycopg
import pytest
from django.db import connections
from psycopg.conninfo import conninfo_to_dict

from audit.seals.heads import head_read
from audit.seals.keys import public_keys, signer
from audit.seals.models import Seal
from audit.seals.services import LogBroken, seal_make
from ledger.chart.models import Account
from rupaya import embedded
from rupaya.core.db import acting_as
from rupaya.embedded import binaries
from tests.audit.seals.sealing import (
    SEALER,
    TAMPERED,
    entries_of,
    position_of,
    seal_all,
    seal_newest,
    tampering,
    verify,
)
from tests.support.cast import person_make

pytestmark = pytest.mark.usefixtures("own_database")
RENAME = "UPDATE ledger_book SET name = %s WHERE id = %s"


def rename(person, name):
    with acting_as(person.actor):
        Account.objects.filter(book=person.book, name="Cash").update(icon=name)


def waiting(admin_url):
    """How many entries no seal holds."""
    with psycopg.connect(admin_url) as admin:
        (row,) = admin.execute(
            "SELECT count(*) FROM audit_logs e WHERE NOT EXISTS (SELECT FROM audit_leaf WHERE entry_id = e.id)"
        ).fetchall()
    return row[0]


class TestSealMake:
    def test_seals_what_was_committed_and_nothing_twice(self, committed, asha, admin_url):
        made = seal_all()

        assert made.is_complete
        assert waiting(admin_url) == 0
        assert seal_all() is None

    def test_wants_a_transaction(self, committed):
        with pytest.raises(RuntimeError):
            seal_make(signer=signer(), keys=public_keys(), using="sealer")

    def test_signs_what_anybody_can_check(self, committed, asha):
        seal_all()
        seal = seal_newest()

        head = head_read(seal.head, keys=public_keys())

        assert (head.size, head.number, head.origin) == (seal.size, seal.number, "localhost/audit")
        assert seal.head.startswith(f"localhost/audit\n{seal.size}\n")

    def test_seals_a_late_committer_later(self, committed, asha, bala, admin_url):
        seal_all()
        with psycopg.connect(os.environ["DATABASE_OWNER_URL"]) as late:
            late.execute("UPDATE accounts_user SET full_name = 'Late' WHERE id = %s", [asha.id])
            rename(bala, "meanwhile")
            before = seal_all()
            assert waiting(admin_url) == 0  # nobody can see the late one
            late.commit()

        after = seal_all()

        assert (before.is_complete, after.entries) == (True, 1)
        assert verify().differences == []

    def test_seals_a_late_committer_whose_number_is_below_what_was_sealed(
        self, committed, asha, bala, chitra, admin_url
    ):
        with (
            psycopg.connect(os.environ["DATABASE_OWNER_URL"]) as one,
            psycopg.connect(os.environ["DATABASE_OWNER_URL"]) as other,
        ):
            one.execute("UPDATE accounts_user SET full_name = 'One' WHERE id = %s", [asha.id])
            other.execute("UPDATE accounts_user SET full_name = 'Other' WHERE id = %s", [bala.id])
            rename(chitra, "between")
            seal_all()
            other.commit()
            seal_all()
            one.commit()
            seal_all()

        assert waiting(admin_url) == 0
        assert verify().differences == []

    def test_loses_nothing_of_writers_who_interleave(self, committed, asha, bala, admin_url):
        def write(person):
            try:
                for number in range(25):
                    rename(person, f"icon-{number}")
            finally:
                connections.close_all()

        writers = [threading.Thread(target=write, args=[person]) for person in (asha, bala)]
        for writer in writers:
            writer.start()
        while any(writer.is_alive() for writer in writers):
            seal_all()
        seal_all()

        assert waiting(admin_url) == 0
        assert verify().differences == []
        positions = [position_of(entry) for entry in entries_of(asha, admin_url)]
        assert positions == sorted(positions)

    def test_seals_a_long_queue_in_batches(self, committed, asha, admin_url):
        seal_all()
        person_make("Dev")
        waits, before = waiting(admin_url), seal_newest().number

        seal_all(rows_max=7)

        made = list(Seal.objects.using("sealer").filter(number__gt=before).order_by("number"))
        assert len(made) == -(-waits // 7)
        assert [seal.is_complete for seal in made[:-1]] == [False] * (len(made) - 1)
        assert verify().differences == []

    def test_leaves_it_to_whoever_is_at_it(self, committed, asha):
        with psycopg.connect(os.environ["DATABASE_SEALER_URL"]) as busy:
            busy.execute("SELECT pg_advisory_xact_lock(hashtextextended('audit.seal', 0))")

            assert seal_all() is None

        assert seal_all()

    def test_stands_on_no_head_that_was_changed(self, committed, asha, bala, admin_url):
        seal_all()
        rename(bala, "more")
        for change in ("frontier = decode(repeat('00', length(frontier)), 'hex')", "head = head || ' '"):
            with tampering(admin_url) as execute:
                execute(f"UPDATE audit_seal SET {change} WHERE number = (SELECT max(number) FROM audit_seal)")
                with pytest.raises(LogBroken):
                    seal_make(signer=signer(), keys=public_keys(), using=TAMPERED)

    def test_signs_with_a_new_key_and_knows_the_old_one(self, committed, asha, bala, settings, admin_url):
        seal_all()
        old = signer().public
        settings.AUDIT_SIGNING_KEY = b"0123456789abcdefghijklmnopqrstuv"
        settings.AUDIT_PUBLIC_KEYS = [str(old)]
        rename(bala, "rotated")

        made = seal_all()

        assert verify().differences == []
        assert Seal.objects.using("sealer").get(number=made.number).key_id == signer().public.id != old.id
        settings.AUDIT_PUBLIC_KEYS = []
        assert verify().differences[0].kind == "rewritten"
        assert "public keys given" in verify().differences[0].detail

        undone(admin_url, made)

    def test_finds_what_waits_by_the_index(self, committed, asha, admin_url):
        with psycopg.connect(admin_url) as admin:
            admin.execute(
                """INSERT INTO audit_logs (id, actor_kind, action, resource_type, resource_id, changes, user_agent,
                                           request_id, written_in)
                   SELECT gen_random_uuid(), 'unknown', 'READ', 'x', 'x', '{}', '', '', 3
                     FROM generate_series(1, 60000)"""
            )
            admin.execute("ANALYZE audit_logs")
            plan = "\n".join(
                row[0]
                for row in admin.execute(
                    """EXPLAIN SELECT * FROM audit_logs entry
                        WHERE NOT EXISTS (SELECT FROM audit_leaf leaf WHERE leaf.entry_id = entry.id)
                          AND entry.written_in >= pg_snapshot_xmin(pg_current_snapshot())::text::bigint
                        LIMIT 200000"""
                )
            )
            admin.rollback()

        assert re.search(r"Bitmap Index Scan on \S*written", plan), plan


def undone(admin_url, made):
    """Takes a seal back: the tests that follow know the first key alone."""
    with psycopg.connect(admin_url) as admin:
        admin.execute("SET LOCAL session_replication_role = 'replica'")
        admin.execute("DELETE FROM audit_leaf WHERE position >= %s", [made.size - made.entries])
        admin.execute("DELETE FROM audit_seal WHERE number = %s", [made.number])


class TestRestored:
    """The cluster's transactions are numbered anew; nothing may be lost, or sealed twice, or cried over."""

    @pytest.mark.slow
    def test_from_a_dump_it_goes_on(self, committed, asha, bala, admin_url, tmp_path):
        seal_all()
        rename(asha, "waits-in-the-dump")
        own = binaries.wheel_program(binaries.POSTGRES).parent
        dump = subprocess.run(
            [own / "pg_dump", "--no-password", admin_url], capture_output=True, check=True
        ).stdout
        engines = embedded.engines_ensure(home=tmp_path / "var", valkey=False, durable=False)
        try:
            restored = str(engines.superuser_url).replace("/postgres?", "/rupaya?")
            subprocess.run(
                [own / "psql", "-qX1", "-v", "ON_ERROR_STOP=1", restored],
                input=dump,
                check=True,
                capture_output=True,
            )
            with psycopg.connect(restored) as admin:
                numbers = admin.execute(
                    "SELECT pg_current_xact_id()::text::bigint, max(written_in) FROM audit_logs"
                )
                ((now, then),) = numbers.fetchall()
                assert now < then  # else this would prove nothing
                admin.execute(RENAME, ["written elsewhere", asha.book.pk])
            with elsewhere(restored) as alias:
                found = verify(using=alias)
                assert found.differences == []
                made = again(alias)
                assert made.entries == 2
                assert verify(using=alias).differences == []
                with psycopg.connect(restored) as admin:
                    admin.execute(RENAME, ["and again", asha.book.pk])
                assert again(alias).entries == 1
                assert verify(using=alias).differences == []
                assert again(alias) is None
        finally:
            embedded.engines_release(home=tmp_path / "var")


class elsewhere:  # noqa: N801  # read as a word
    """The sealer's login to another server, under an alias of its own."""

    def __init__(self, url):
        self.parts = conninfo_to_dict(url)

    def __enter__(self):
        connections.databases["elsewhere"] = {
            **connections["sealer"].settings_dict,
            "HOST": self.parts["host"],
            "PORT": str(self.parts["port"]),
            "NAME": self.parts["dbname"],
        }
        return "elsewhere"

    def __exit__(self, *_):
        connections["elsewhere"].close()
        del connections["elsewhere"]
        del connections.databases["elsewhere"]


def again(alias):
    with acting_as(SEALER, using=alias):
        return seal_make(signer=signer(), keys=public_keys(), using=alias)
