"""Every function, trigger and policy of ours on one page: sql_objects.sql, as PostgreSQL itself writes them.

After a migration that changes one:  RUPAYA_REFRESH=1 pytest tests/architecture/test_sql_objects.py
and read the difference that git shows.
"""

from __future__ import annotations

import os
from pathlib import Path

from tests.architecture.database import ask

PAGE = Path(__file__).parent / "sql_objects.sql"
HEADING = "-- Written by tests/architecture/test_sql_objects.py: do not edit, refresh.\n"
FUNCTIONS = """
SELECT pg_get_functiondef(oid) FROM pg_proc
 WHERE pronamespace = 'public'::regnamespace AND prokind IN ('f', 'p') AND proname NOT LIKE 'procrastinate\\_%'
   AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = pg_proc.oid AND deptype = 'e')
 ORDER BY proname COLLATE "C", pg_get_function_identity_arguments(oid) COLLATE "C"
"""
TRIGGERS = """
SELECT pg_get_triggerdef(t.oid) FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
 WHERE NOT t.tgisinternal AND c.relnamespace = 'public'::regnamespace AND c.relname NOT LIKE 'procrastinate\\_%'
   AND NOT c.relispartition  -- the months of the log come and go
 ORDER BY c.relname COLLATE "C", t.tgname COLLATE "C"
"""
POLICIES = """
SELECT format(E'CREATE POLICY %s ON %s FOR %s TO %s%s%s', policyname, tablename, cmd, array_to_string(roles, ', '),
              E'\\n  USING ' || qual, E'\\n  WITH CHECK ' || with_check)
  FROM pg_policies JOIN pg_class c ON c.oid = format('%I.%I', schemaname, tablename)::regclass
 WHERE schemaname = 'public' AND NOT c.relispartition
 ORDER BY tablename COLLATE "C", policyname COLLATE "C"
"""


def page(url: str) -> str:
    parts = [HEADING]
    for title, sql in (("Functions", FUNCTIONS), ("Triggers", TRIGGERS), ("Policies", POLICIES)):
        parts.append(f"\n-- {title}\n\n")
        parts += [f"{definition.rstrip()};\n" for definition in ask(url, sql)]
    return "".join(parts)


class TestSqlObjects:
    def test_stand_on_their_page_as_they_are(self, admin_url):
        present = page(admin_url)
        if os.environ.get("RUPAYA_REFRESH"):
            PAGE.write_text(present)

        assert PAGE.exists(), "RUPAYA_REFRESH=1 pytest tests/architecture/test_sql_objects.py"
        assert PAGE.read_text() == present, (
            "stale: RUPAYA_REFRESH=1 pytest tests/architecture/test_sql_objects.py"
        )

    def test_are_all_there(self, admin_url):
        text = page(admin_url)

        for name in (
            "FUNCTION public.ledger_post(",
            "TRIGGER ledger_posting_insert_guard",
            "POLICY own_entries",
        ):
            assert name in text
