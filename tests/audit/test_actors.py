"""Who acted, for every way in: each test goes through the real door."""

from __future__ import annotations

import ast
import io
import json
import os
import secrets
from pathlib import Path

import psycopg
import pytest
from django.core.management import call_command

from ledger.attachments.tasks import attachments_forget
from tests.accounts.phone import PASSWORD, address_new, person_new, session_new, sessions_of
from tests.accounts.test_admin import do, staff_new
from tests.architecture.database import ask
from tests.ledger.attachments.papers import aged, attached
from tests.ledger.statements.writers import chained, hdfc_file

ROOT = Path(__file__).parent.parent.parent
AS_WHOM = """
SELECT DISTINCT actor_kind, user_agent, user_id FROM audit_logs
 WHERE resource_id = %s AND resource_type ~ %s AND action = %s
"""

pytestmark = pytest.mark.usefixtures("committed")


def as_whom(admin_url, resource_id, action="UPDATE", *, table="."):
    (found,) = ask(admin_url, AS_WHOM, str(resource_id), table, action)
    return found


class TestActorOf:
    def test_a_request_is_the_person_from_where_they_are(self, client, admin_url):
        body = {"email": address_new(), "password": PASSWORD, "full_name": "Asha Rao"}

        made = client.post(
            "/v1/auth/signup",
            json.dumps(body),
            content_type="application/json",
            headers={"User-Agent": "Phone/7", "X-Request-ID": "request-77"},
            REMOTE_ADDR="203.0.113.9",
        ).json()["user"]["id"]

        found = ask(
            admin_url,
            """SELECT DISTINCT actor_kind, user_agent, host(ip_address), request_id, resource_type FROM audit_logs
                WHERE user_id = %s AND resource_type IN ('accounts_user', 'accounts_session', 'ledger_book')""",
            made,
        )
        assert {row[:4] for row in found} == {("user", "Phone/7", "203.0.113.9", "request-77")}
        assert len(found) == 3

    def test_the_admin_is_staff(self, client, admin_url):
        staff, person = staff_new(), person_new()
        session_new(person)
        client.force_login(staff)

        do(client, "sessions_end", [person])

        assert as_whom(admin_url, sessions_of(person.pk)[0].pk) == ("staff", "", staff.pk)

    def test_a_task_is_its_own_name(self, asha, admin_url, settings, tmp_path):
        settings.MEDIA_ROOT = tmp_path
        attachment = attached(asha)
        aged(admin_url, attachment, days=31)

        attachments_forget(timestamp=0)

        assert as_whom(admin_url, attachment.pk, "DELETE") == ("job", "job:ledger.attachments.purge", None)

    def test_a_command_is_its_own_name_for_the_person(self, asha, admin_url, tmp_path):
        file = tmp_path / "may.txt"
        file.write_bytes(hdfc_file(chained(-5000, opening=100000)))

        call_command(
            "import_statement",
            str(file),
            "--account",
            "SBI savings",
            "--email",
            asha.user.email,
            stdout=io.StringIO(),
        )

        found = ask(
            admin_url,
            """SELECT DISTINCT actor_kind, user_agent, user_id FROM audit_logs
                WHERE book_id = %s AND actor_kind <> 'user'""",
            asha.book.pk,
        )
        assert found == [("command", "cli:import_statement", asha.id)]

    def test_djangos_command_for_staff_is_its_own_name(self, admin_url, monkeypatch):
        email = address_new("staff")
        monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", secrets.token_urlsafe())

        call_command(
            "createsuperuser",
            "--noinput",
            "--email",
            email,
            "--full_name",
            "Sita Staff",
            stdout=io.StringIO(),
        )

        (made,) = ask(admin_url, "SELECT id FROM accounts_user WHERE email = %s", email)
        assert as_whom(admin_url, made, "INSERT") == ("command", "cli:createsuperuser", None)

    def test_waffles_command_is_its_own_name(self, admin_url):
        name = f"probe-{secrets.token_hex(4)}"

        call_command("waffle_flag", name, "--create", "--everyone", stdout=io.StringIO())

        (made,) = ask(admin_url, "SELECT id FROM flags_flag WHERE name = %s", name)
        assert as_whom(admin_url, made, "INSERT", table="^flags_flag$") == (
            "command",
            "cli:waffle_flag",
            None,
        )

    def test_sql_by_hand_is_unknown_and_said_so(self, asha, admin_url):
        with psycopg.connect(os.environ["DATABASE_OWNER_URL"]) as owner:
            owner.execute("UPDATE accounts_user SET full_name = 'By Hand' WHERE id = %s", [asha.id])

        assert as_whom(admin_url, asha.id) == ("unknown", "", None)


class TestActors:
    """No task and no command acts without saying which one it is."""

    def test_of_jobs_are_made_where_their_name_is_asked_for(self):
        by_hand = [path for path, call in actors() if word(call, "kind") == "job"]

        assert by_hand == []

    def test_of_commands_name_their_module(self):
        for path, call in actors():
            if word(call, "kind") == "command" and path.parent.name == "commands":
                assert word(call, "user_agent") == f"cli:{path.stem}", path


def actors():
    """Every `Actor(…)` of ours: (file, call)."""
    for app in ("accounts", "audit", "flags", "ledger", "rupaya"):
        for path in (ROOT / app).rglob("*.py"):
            if path == ROOT / "rupaya/core/db.py":  # where job_actor makes them
                continue
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Actor":
                    yield path, node


def word(call, name):
    value = next((keyword.value for keyword in call.keywords if keyword.arg == name), None)
    return value.value if isinstance(value, ast.Constant) else None
