"""What the runbooks tell people to type is typed here, while the thing has happened that each is for."""

from __future__ import annotations

import os
import re
from contextlib import contextmanager

import psycopg
import pytest
from django.core.management import CommandError

from tests.audit.seals.sealing import seal_all
from tests.deploy.pages import ROOT, blocks_of_other_languages, commands_of
from tests.deploy.typed import aws_called, managed, run, words_of
from tests.ledger.desk import record

RUNBOOKS = sorted(path for path in (ROOT / "docs/RUNBOOKS").glob("*.md") if path.name != "README.md")
COMMANDS = [command for path in RUNBOOKS for command in commands_of(path)]
SECTIONS = ("Symptom", "Look", "Do", "Verify")
LINES_MAX = 75  # a page
WHY_MIN = 8  # letters of a reason

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("own_database")]


def named(command):
    return f"{command.page}: {command.text[:60]}"


class TestPages:
    @pytest.mark.parametrize("path", RUNBOOKS, ids=lambda path: path.stem)
    def test_say_symptom_look_do_verify_on_one_page(self, path):
        text = path.read_text()
        sections = [title for title in re.findall(r"^## (.*)$", text, re.MULTILINE) if title in SECTIONS]

        assert tuple(sections) == SECTIONS
        assert len(text.splitlines()) <= LINES_MAX
        assert blocks_of_other_languages(path) == set()

    def test_all_stand_in_the_list(self):
        index = (ROOT / "docs/RUNBOOKS/README.md").read_text()

        assert set(re.findall(r"\]\(([a-z-]+\.md)\)", index)) == {path.name for path in RUNBOOKS}

    def test_name_alarms_that_are_there(self):
        alarms = "".join(path.read_text() for path in (ROOT / "deploy/terraform").rglob("*.tf"))
        named = re.findall(
            r"`rupaya-((?:api|db|cache|queue|worker|audit|ledger)-[a-z0-9-]+)`",
            "".join(path.read_text() for path in (ROOT / "docs/RUNBOOKS").glob("*.md")),
        )

        assert len(set(named)) > 5
        assert [name for name in named if f'alarm_name        = "${{var.name}}-{name}"' not in alarms] == []

    @pytest.mark.parametrize("command", COMMANDS, ids=named)
    def test_are_run_or_say_why_not(self, command):
        assert command.is_run or len(command.why_not) >= WHY_MIN, command.text

    def test_are_mostly_run_where_they_need_no_cloud(self):
        here = [one for one in COMMANDS if "AWS" not in one.why_not and "cloud" not in one.why_not]

        assert sum(one.is_run for one in here) / len(here) > 0.8


class TestCommandsThatAreNotRun:
    @pytest.mark.parametrize("command", [one for one in COMMANDS if not one.is_run], ids=named)
    def test_have_the_words_that_their_program_takes(self, command):
        program, *words = words_of(command.text)

        if program == "python":
            assert words[0] == "manage.py"
            managed(words[1:])
        elif program == "aws":
            aws_called(words)
        else:
            assert program == "terraform"
            folder = next(word for word in words if word.startswith("-chdir=")).removeprefix("-chdir=")
            assert (ROOT / folder).is_dir()

    def test_would_be_refused_if_they_were_wrong(self):
        with pytest.raises(CommandError):
            managed(["verify_ledger", "--no-such-option"])
        with pytest.raises(StopIteration):
            aws_called(["rds", "restore-everything"])
        with pytest.raises(AssertionError):
            aws_called(["rds", "modify-db-instance", "--db-instance-identifier", "x", "--more-room", "1"])
        with pytest.raises(AssertionError):
            aws_called(["rds", "modify-db-instance", "--apply-immediately"])


@contextmanager
def nothing_happened(admin_url, person):
    yield lambda: None


@contextmanager
def total_is_wrong(admin_url, person):
    """A month total is not the sum of its postings."""
    record(person)
    with psycopg.connect(admin_url, autocommit=True) as admin:
        admin.execute("SET session_replication_role = 'replica'")
        admin.execute(
            "UPDATE ledger_month_total SET base_minor = base_minor + 1, amount_minor = amount_minor + 1 "
            "WHERE book_id = %s",
            [person.book.pk],
        )
    yield lambda: None


@contextmanager
def entry_is_altered(admin_url, person):
    """A sealed entry was changed past all guards, and comes back as it was when the page is at its Verify."""
    record(person)
    seal_all()
    with psycopg.connect(admin_url, autocommit=True) as admin:
        admin.execute("SET session_replication_role = 'replica'")
        [(entry, resource)] = admin.execute(
            "SELECT id, resource_id FROM audit_logs WHERE book_id = %s ORDER BY created_at, id LIMIT 1",
            [person.book.pk],
        ).fetchall()
        change = "UPDATE audit_logs SET resource_id = %s WHERE id = %s"
        admin.execute(change, ["forged", entry])

        def mend():
            admin.execute(change, [resource, entry])

        try:
            yield mend
        finally:
            mend()


@contextmanager
def job_failed(admin_url, person):
    """A job failed, and another is due."""
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as user:
        for status in ("failed", "todo"):
            [(job,)] = user.execute(
                """INSERT INTO procrastinate_jobs (queue_name, task_name, args, status)
                   VALUES ('default', 'ledger.idempotency_keys_purge', '{"timestamp": 0}', 'todo') RETURNING id"""
            ).fetchall()
            if status == "failed":
                user.execute("UPDATE procrastinate_jobs SET status = 'failed' WHERE id = %s", [job])
                os.environ["RUNBOOK_JOB"] = str(job)
    yield lambda: None
    os.environ.pop("RUNBOOK_JOB", None)


HAPPENED = {
    "ledger-difference": total_is_wrong,
    "audit-verification": entry_is_altered,
    "queue-stuck": job_failed,
}


class TestCommands:
    @pytest.mark.parametrize("path", RUNBOOKS, ids=lambda path: path.stem)
    def test_end_as_the_page_says(self, path, committed, operator, asha, admin_url, capfd):
        happened = HAPPENED.get(path.stem, nothing_happened)

        with happened(admin_url, asha) as mend:
            for command in commands_of(path):
                if command.section == "Verify":
                    mend()
                if command.is_run:
                    job = {"JOB": os.environ.get("RUNBOOK_JOB", "")}
                    code, wrote = run(command, operator | job, capfd)

                    assert code == command.exit_code, f"{command.text}\n{wrote}"

    def test_leave_no_variable_without_a_value(self, operator):
        used = {name for one in COMMANDS if one.is_run for name in re.findall(r"\$([A-Z_]+)", one.text)}

        assert used <= operator.keys() | {"JOB"}
