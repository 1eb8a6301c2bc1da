"""What the benches measure on is a sound ledger, whatever the schema has become."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from tests.benchmarks import seed as seeding
from tests.benchmarks.cluster import ROOT, Database
from tests.benchmarks.seed import UNTIL, account, identity, seed
from tests.support.engines import TEMPLATE, login_url

SCRATCH = "rupaya_scratch_seed"
INDEXES = "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY indexname"
CONSTRAINTS = (
    "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint ORDER BY conrelid::regclass::text, conname"
)


@pytest.fixture
def scratch(admin_url):
    name = f"{SCRATCH}_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"
    with psycopg.connect(admin_url, autocommit=True) as admin:
        admin.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        admin.execute(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE}")
        user = str(conninfo_to_dict(admin_url)["user"])
        yield Database(name, login_url(admin_url, user=user, database=name))
        admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.mark.slow
class TestSeed:
    @pytest.mark.parametrize("is_hot", [False, True])
    def test_keeps_every_promise_of_the_ledger(self, scratch, is_hot, capsys):
        with scratch.as_admin() as admin:
            before = [admin.execute(page).fetchall() for page in (INDEXES, CONSTRAINTS)]

        seed(scratch, books=4, transactions=3000, days=3650, is_hot=is_hot)

        env = os.environ | {"DATABASE_URL": scratch.user_url, "DATABASE_OWNER_URL": scratch.owner_url}
        done = subprocess.run(
            [sys.executable, "manage.py", "verify_ledger", "--json"],
            cwd=ROOT, env=env, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert json.loads(done.stdout) == {
            "books": 4,
            "transactions": 3000,
            "postings": 6000,
            "differences": [],
        }
        with scratch.as_admin() as admin:
            assert [admin.execute(page).fetchall() for page in (INDEXES, CONSTRAINTS)] == before
            (hot,) = admin.execute(
                "SELECT count(*) FROM ledger_posting WHERE book_id = %s", [identity(2, 1)]
            ).fetchone()
            assert hot == (3000 if is_hot else 1500)
            assert admin.execute("SELECT bench.account(7, 21)").fetchone() == (account(7, 21),)

    def test_goes_on_where_it_broke_off(self, scratch, monkeypatch, capsys):
        with scratch.as_admin() as admin:
            before = [admin.execute(page).fetchall() for page in (INDEXES, CONSTRAINTS)]
        monkeypatch.setattr(seeding, "_CHUNK", 500)
        monkeypatch.setattr(seeding, "UNTIL", "no day")
        with pytest.raises(psycopg.Error):
            seed(scratch, books=4, transactions=3000)
        monkeypatch.undo()
        monkeypatch.setattr(seeding, "_CHUNK", 500)
        with scratch.as_admin() as admin:  # one chunk is done, the others are not
            admin.execute("SET session_replication_role = replica")
            admin.execute("INSERT INTO bench.filled VALUES (501)")
            admin.execute("CALL bench.fill(501, 1000, 3000, 4, false, 365, %s)", [UNTIL])
            admin.execute("SET session_replication_role = origin")

        for _ in range(2):  # and one that is whole gets nothing more
            seed(scratch, books=4, transactions=3000)

        with scratch.as_admin() as admin:
            assert admin.execute("SELECT count(*) FROM ledger_posting").fetchone() == (6000,)
            assert admin.execute(
                "SELECT sum(amount_minor), count(*) > 0 FROM ledger_month_total"
            ).fetchone() == (0, True)
            assert [admin.execute(page).fetchall() for page in (INDEXES, CONSTRAINTS)] == before
