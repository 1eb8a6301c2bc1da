"""What the runbooks tell people to type is typed here, while the thing has happened that each is for."""

from __future__ import annotations

import dataclasses
import datetime as dt
import os
import re
import shlex
import shutil
import subprocess
import sys
import threading
from contextlib import contextmanager
from string import Template
from wsgiref.simple_server import WSGIRequestHandler, make_server

import botocore.session
import psycopg
import pytest
from botocore import xform_name
from django.core.management import CommandError, ManagementUtility, get_commands, load_command_class
from django.core.wsgi import get_wsgi_application

from rupaya.core import clock
from rupaya.embedded import binaries
from tests.audit.seals.sealing import seal_all
from tests.deploy.pages import ROOT, blocks_of_other_languages, commands_of
from tests.ledger.desk import record

RUNBOOKS = sorted(path for path in (ROOT / "docs/RUNBOOKS").glob("*.md") if path.name != "README.md")
COMMANDS = [command for path in RUNBOOKS for command in commands_of(path)]
SECTIONS = ("Symptom", "Look", "Do", "Verify")
SHELL = set("|&;<>`")  # what only a shell can do
LINES_MAX = 75  # a page
WHY_MIN = 8  # letters of a reason

pytestmark = pytest.mark.slow


def named(command):
    return f"{command.page}: {command.text[:60]}"


def words_of(text, environment=None):
    """As a shell splits them, with the variables filled in."""
    known = environment or {}
    return [Template(word).safe_substitute(known) for word in shlex.split(text)]


OTHER_PAGES = [ROOT / "docs/SCALING.md", ROOT / "deploy/local-cluster/README.md"]


class TestOtherPages:
    @pytest.mark.parametrize("path", OTHER_PAGES, ids=lambda path: path.name)
    def test_have_commands_that_work_or_say_why_they_are_not_run(self, path, operator, capfd):
        for command in commands_of(path):
            if command.is_run:
                text = command.text.replace(".venv/bin/python", sys.executable)
                code, wrote = run(dataclasses.replace(command, text=text), operator, capfd)
                assert code == command.exit_code or "is not installed" in wrote, wrote
            else:
                assert len(command.why_not) >= WHY_MIN

    def test_point_to_what_is_there(self):
        for path in [*OTHER_PAGES, *RUNBOOKS, ROOT / "docs/RUNBOOKS/README.md"]:
            for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", path.read_text()):
                assert (path.parent / target).exists(), f"{path.name}: {target}"

    def test_name_tables_and_functions_that_are_there(self, raw):
        text = (ROOT / "docs/SCALING.md").read_text()
        tables = set(re.findall(r"create_(?:reference|distributed)_table\('(\w+)'", text))

        assert len(tables) > 5
        for table in tables:
            assert raw.execute("SELECT to_regclass(%s)", [table]).fetchone() != (None,)
        assert raw.execute("SELECT to_regprocedure('ledger_post(uuid, jsonb)')").fetchone() != (None,)


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


def managed(words):
    """Will raise CommandError where `manage.py` would not take these words."""
    name, *options = words
    load_command_class(str(get_commands()[name]), name).create_parser("manage.py", name).parse_args(options)


def aws_called(words):
    """Whether AWS has that operation, and it takes those parameters and has all that it needs."""
    service, operation, *options = words
    model = botocore.session.get_session().get_service_model(service)
    name = next(one for one in model.operation_names if xform_name(one, "-") == operation)
    shape = model.operation_model(name).input_shape
    assert shape is not None
    members = {xform_name(member, "-"): member for member in shape.members}
    given = [word.removeprefix("--") for word in options if word.startswith("--")]
    unknown = [
        one
        for one in given
        if one not in members and one.removeprefix("no-") not in members and one not in {"query", "output"}
    ]
    assert unknown == []
    assert [one for one in shape.required_members if xform_name(one, "-") not in given] == []


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


@pytest.fixture
def address(committed):
    """Where the product answers, from a thread of this process."""
    with make_server("127.0.0.1", 0, get_wsgi_application(), handler_class=Quiet) as web:
        thread = threading.Thread(target=web.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{web.server_port}"
        web.shutdown()
        thread.join()


class Quiet(WSGIRequestHandler):
    def log_message(self, *_):
        pass


@pytest.fixture
def operator(address, asha, admin_url, tmp_path, monkeypatch):
    """What an operator has: the three logins, an administrator's, and the values of the page."""
    now = clock.now()
    psql = str(binaries.wheel_program(binaries.POSTGRES).parent)
    monkeypatch.setenv("PATH", f"{os.environ['PATH']}:{psql}")
    return {
        "URL": address,
        "DATABASE_URL": os.environ["DATABASE_URL"],
        "DATABASE_OWNER_URL": os.environ["DATABASE_OWNER_URL"],
        "DATABASE_SEALER_URL": os.environ["DATABASE_SEALER_URL"],
        "ADMIN_URL": admin_url,
        "OWNER_PASSWORD": "rupaya_owner",
        "USER_PASSWORD": "rupaya_user",
        "SEALER_PASSWORD": "rupaya_sealer",
        "EVIDENCE": str(tmp_path),
        "BOOK": str(asha.book.pk),
        "ACTOR": str(asha.user.pk),
        "EMAIL": asha.user.email,
        "SINCE": (now - dt.timedelta(hours=1)).isoformat(),
        "UNTIL": (now + dt.timedelta(hours=1)).isoformat(),
        "SLOT": "nobody",
        "PID": "0",
    }


def run(command, environment, capfd):
    """What it ended with, and what it wrote."""
    words = words_of(command.text, environment)
    if words[:2] == ["python", "manage.py"] and not SHELL & set(command.text):
        try:  # in this process: to start one for each would take minutes
            ManagementUtility(words[1:]).execute()
            code = 0
        except SystemExit as ended:
            code = int(ended.code or 0)
        return code, "".join(capfd.readouterr())
    if shutil.which(words[0]) is None:
        pytest.skip(f"{words[0]} is not on this machine")
    done = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {command.text}"],
        cwd=ROOT, env={**os.environ, **environment}, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    return done.returncode, done.stdout + done.stderr


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
