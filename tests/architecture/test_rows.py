"""Row-level security, the audit log and the roles, read from PostgreSQL's own catalogue."""

from __future__ import annotations

import psycopg
import pytest

from tests.architecture.database import ask
from tests.support.engines import TEMPLATE

TABLES = """
SELECT relname FROM pg_class
 WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition
"""
PERSONAL = """
SELECT DISTINCT c.relname, c.relrowsecurity, c.relforcerowsecurity
  FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
 WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT a.attisdropped
   AND (a.attname IN ('book_id', 'user_id') OR c.relname = 'ledger_book')
"""
AUDITED = """
SELECT c.relname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_proc p ON p.oid = t.tgfoid
 WHERE p.proname = 'audit_record' GROUP BY 1 HAVING count(*) = 3
"""
# Without forced row-level security, and why that is right.
OPEN = {
    "ledger_member": "app_books() reads it as its owner; its own policy would recurse. Enabled, not forced.",
    "accounts_user_groups": "read with the person at sign-in, before anybody acts; holds no money.",
    "accounts_user_user_permissions": "the same.",
    "django_admin_log": "staff only; the admin's own list of staff's clicks.",
    "flags_flag_users": "who a switch is on for; asked before anybody acts.",
    "waffle_flag_users": "replaced by flags_flag_users; always empty.",
}
# Without the audit triggers, and why that is right.
UNAUDITED = {
    "audit_logs": "it is the log.",
    "audit_check": "how the last verification ended; only the schema's owner writes it.",
    "audit_leaf": "entries' places and hashes; append-only, and only the sealer writes it.",
    "audit_seal": "signed heads; append-only, and only the sealer writes it.",
    "audit_anchor": "which heads lie in the bucket; append-only, and only the sealer writes it.",
    "audit_key": "keys are made by the sealer alone; that one is destroyed is audited, by the update trigger.",
    "ledger_posting": "append-only, and written in one statement with its audited transaction.",
    "ledger_transaction_version": "itself what a transaction was, by whom and when; append-only.",
    "ledger_month_total": "computed from the postings.",
    "ledger_statement_line": "the bank's own words, part of an audited statement; never edited.",
    "accounts_login_attempt": "counts of failed sign-ins while Valkey is away; forgotten when their window is over.",
    "ledger_idempotency_key": "a kept answer to an audited change; forgotten after a day.",
    "ledger_sync_event": "that something happened, beside the audited row that it happened to.",
    "ledger_sync_mark": "where the database stood at night; of no person and no book.",
    "flags_use": "when code last asked for a flag; of no person.",
    "django_admin_log": "itself a log of staff.",
    "django_content_type": "Django's list of models; only migrations write it.",
    "django_migrations": "only migrations write it.",
    "django_session": "opaque and short-lived; the sign-in is what counts.",
    "auth_permission": "Django's list of rights; only migrations write it.",
    "waffle_sample": "waffle's other kinds of switch, unused.",
    "waffle_switch": "the same.",
    "waffle_flag": "replaced by flags_flag; always empty.",
    "waffle_flag_groups": "the same.",
    "waffle_flag_users": "the same.",
}
QUEUE = "procrastinate_"  # work that is queued, not what it does; its tables are procrastinate's own


class TestRowLevelSecurity:
    def test_is_forced_on_every_table_of_a_person_or_a_book(self, admin_url):
        loose = {
            name
            for name, is_enabled, is_forced in ask(admin_url, PERSONAL)
            if not (is_enabled and is_forced) and not name.startswith(QUEUE)
        }

        assert loose == OPEN.keys()

    def test_is_enabled_on_the_member_table_at_least(self, admin_url):
        assert ("ledger_member", True, False) in ask(admin_url, PERSONAL)

    def test_names_the_actor_in_every_policy_for_the_application(self, admin_url):
        policies = ask(
            admin_url,
            """SELECT policyname, concat(qual, with_check) FROM pg_policies
                WHERE NOT roles && '{rupaya_owner,rupaya_backup}'::name[]""",
        )

        assert len(policies) > 10
        for name, rule in policies:
            who = ("app_actor()", "app_books(", "app_memberships", "app_is_operator()")
            assert any(asked in rule for asked in who), name
            assert "current_setting('app.current_user_id'" not in rule, name

    def test_shows_who_dumps_every_row_of_every_table_it_is_enabled_on(self, admin_url):
        policies = ask(
            admin_url,
            """SELECT c.relname, array_agg(concat_ws(' ', policyname, cmd, permissive, roles::text, qual))
                        FILTER (WHERE 'rupaya_backup' = ANY (roles) OR permissive = 'RESTRICTIVE')
                 FROM pg_class c LEFT JOIN pg_policies p ON (p.schemaname, p.tablename) = ('public', c.relname)
                WHERE c.relnamespace = 'public'::regnamespace AND c.relrowsecurity GROUP BY c.relname""",
        )

        assert len(policies) > 15
        for name, found in policies:
            assert found == ["backup_reads SELECT PERMISSIVE {rupaya_backup} true"], name

    @pytest.mark.parametrize(
        "query",
        [
            "SELECT * FROM ledger_transaction WHERE book_id = gen_random_uuid() ORDER BY date DESC, id DESC LIMIT 51",
            "SELECT * FROM audit_logs WHERE user_id = app_actor() ORDER BY created_at DESC LIMIT 51",
            "SELECT * FROM accounts_session",
        ],
    )
    def test_for_who_dumps_is_in_no_plan_of_the_application(self, admin_url, query):
        with psycopg.connect(admin_url) as admin:

            def plan():
                admin.execute("SET LOCAL ROLE rupaya_user")
                lines = [line for (line,) in admin.execute(f"EXPLAIN (VERBOSE) {query}")]
                admin.execute("RESET ROLE")
                return lines

            after = plan()
            for schema, table in admin.execute(
                "SELECT schemaname, tablename FROM pg_policies WHERE policyname = 'backup_reads'"
            ).fetchall():
                admin.execute(f"DROP POLICY backup_reads ON {schema}.{table}")
            before = plan()
            admin.rollback()

        assert after == before
        assert any("app_" in line or "app.current_user_id" in line for line in after)

    def test_reads_an_empty_setting_as_nobody(self, admin_url):
        readers = ask(
            admin_url,
            """SELECT prosrc FROM pg_proc
                WHERE pronamespace = 'public'::regnamespace AND prosrc LIKE '%app.current_user_id%'""",
        )

        assert len(readers) == 1
        assert "nullif(current_setting('app.current_user_id', true), '')::uuid" in readers[0]


class TestAudit:
    def test_covers_every_table_or_says_why_not(self, admin_url):
        tables = {name for name in ask(admin_url, TABLES) if not name.startswith(QUEUE)}

        audited = set(ask(admin_url, AUDITED))
        assert tables - audited - UNAUDITED.keys() == set()
        assert audited & UNAUDITED.keys() == set()

    def test_excuses_no_table_that_is_gone(self, admin_url):
        tables = set(ask(admin_url, TABLES))

        assert (UNAUDITED.keys() | OPEN.keys()) - tables == set()


class TestRoles:
    def test_the_application_is_below_the_rules(self, admin_url):
        rights = ask(
            admin_url,
            """SELECT rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolreplication
                 FROM pg_roles WHERE rolname = 'rupaya_user'""",
        )

        assert rights == [(False,) * 5]

    def test_the_application_owns_nothing_and_belongs_to_nobody(self, admin_url):
        owned = ask(admin_url, "SELECT relname FROM pg_class WHERE relowner = 'rupaya_user'::regrole")
        owned += ask(admin_url, "SELECT proname FROM pg_proc WHERE proowner = 'rupaya_user'::regrole")
        memberships = ask(
            admin_url,
            "SELECT roleid::regrole::text FROM pg_auth_members WHERE member = 'rupaya_user'::regrole",
        )

        assert owned == memberships == []

    @pytest.mark.parametrize("right", ["TRUNCATE", "REFERENCES", "TRIGGER"])
    def test_the_application_may_not_change_a_table_as_a_whole(self, admin_url, right):
        allowed = [
            name
            for name in ask(admin_url, TABLES)
            if ask(admin_url, "SELECT has_table_privilege('rupaya_user', %s, %s)", name, right) == [True]
        ]

        assert allowed == []

    def test_the_application_may_make_nothing_in_the_schema(self, admin_url):
        rights = ask(
            admin_url,
            """SELECT has_schema_privilege('rupaya_user', 'public', 'CREATE'),
                      has_database_privilege('rupaya_user', %s, 'CREATE, TEMPORARY')""",
            TEMPLATE,  # a clone of it does not inherit the database's own rights
        )

        assert rights == [(False, False)]

    @pytest.mark.parametrize("role", ["rupaya_owner", "rupaya_sealer", "rupaya_backup"])
    def test_the_owner_of_the_schema_and_who_reads_all_are_below_the_rules_too(self, admin_url, role):
        assert ask(
            admin_url, "SELECT rolsuper, rolbypassrls, rolcreaterole FROM pg_roles WHERE rolname = %s", role
        ) == [(False,) * 3]

    def test_who_dumps_belongs_to_nobody(self, admin_url):
        assert ask(admin_url, "SELECT FROM pg_auth_members WHERE member = 'rupaya_backup'::regrole") == []


class TestFunctions:
    def test_that_borrow_the_owners_rights_pin_their_search_path(self, admin_url):
        functions = ask(
            admin_url,
            "SELECT proname, proconfig FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND prosecdef",
        )

        assert len(functions) >= 4
        for name, config in functions:
            path = next((item for item in config or () if item.startswith("search_path=")), "")
            assert path.startswith("search_path=pg_catalog"), name
            assert path.endswith("pg_temp"), name

    def test_are_closed_to_everybody_else(self, admin_url):
        public = ask(
            admin_url,
            """SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace
                  AND EXISTS (SELECT FROM aclexplode(coalesce(proacl, acldefault('f', proowner))) WHERE grantee = 0)
                  AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = pg_proc.oid AND deptype = 'e')""",
        )

        assert public == []
