"""Every command of every page: it is typed by a test, or it says why not. A new one that nobody types fails here."""

from __future__ import annotations

import ast
import dataclasses
import functools
import re
import sys

import pytest
from django.core.management import CommandError

from tests.deploy.pages import ROOT, SHELL, blocks_of, commands_of, inline_of, pages_all
from tests.deploy.typed import aws_called, looked_at, made, managed, run, words_of

WHY_MIN = 8  # letters of a reason
NO_COMMANDS = {"json", "sql", "text"}  # languages whose blocks nobody types
RUNBOOKS = "docs/RUNBOOKS/"  # test_runbooks.py types them while the thing has happened
SAYS_ITSELF = ["docs/SCALING.md", "deploy/local-cluster/README.md"]  # why not stands beside the command
# tests/journeys/test_readme.py pastes all that stands under these, one after the other.
STORY = [("README.md", "First call"), ("README.md", "Import a bank statement")]
IN_CLOUD = "not run: asks AWS; its words are looked at"
DRY = "a dry run here; "
DEV = "tests/rupaya/management/commands/test_dev.py::TestCommand::test_"
BACKUP = "tests/rupaya/management/commands/test_backup.py::TestBackup::test_"
ROLES = "tests/deploy/image/test_roles.py::TestRoles::test_"

# What each other command is run by: a test, by its name, or the reason why it is by none.
RUN_BY = {
    "README.md": {
        "make run": f"{DRY}{DEV}serves_until_ctrl_c_and_then_leaves_nothing",
        "make test": f"{DRY}not run: it is what runs this",
        "make security": f"{DRY}not run: half an hour of attacks on a server of its own",
        "make deploy-check": f"{DRY}tests/deploy/test_main.py::TestMain::test_is_well_where_every_step_is",
        "make chaos": f"{DRY}not run: kills and freezes engines for minutes",
    },
    "docs/PERFORMANCE.md": {
        "make bench": f"{DRY}not run: takes an hour of a quiet machine",
        'make bench BENCH="posting bulk" ROWS=1000000': f"{DRY}not run: takes minutes of a quiet machine",
        ".venv/bin/python -m tests.benchmarks --help": "here",
        ".venv/bin/python -m tests.benchmarks.profile": "not run: takes minutes and engines of its own",
    },
    "deploy/README.md": {
        "aws ecs run-task": IN_CLOUD,
        "aws ssm start-session": IN_CLOUD,
        "psql": f"{ROLES}are_made_by_init_sql_again_as_by_an_operator",
    },
    "rupaya/backups/README.md": {
        "manage.py backup key": f"{BACKUP}makes_keys_that_fit",
        "manage.py backup create": f"{BACKUP}creates_lists_and_verifies",
        "manage.py backup drill": f"{BACKUP}drill_says_until_when_and_how_fast_and_that_the_ledger_holds",
        "psql": f"{ROLES}are_made_by_init_sql_again_as_by_an_operator",
        "manage.py backup restore": f"{BACKUP}restores_into_an_empty_database_when_it_is_meant",
    },
    "rupaya/client_config/README.md": {"manage.py client_config": "here"},
}  # fmt: skip

PAGES = {str(path.relative_to(ROOT)): path for path in pages_all()}

pytestmark = pytest.mark.slow


def others():
    """The commands that this file answers for one by one."""
    return [
        command
        for name, path in PAGES.items()
        if not name.startswith(RUNBOOKS) and name not in SAYS_ITSELF
        for command in commands_of(path)
        if (command.page, command.section) not in STORY
    ]


def answer_for(command):
    """What RUN_BY says of it, by the whole command or by what it begins with; None where nothing does."""
    known = RUN_BY.get(command.page, {})
    fitting = [begin for begin in known if command.text == begin or command.text.startswith(f"{begin} ")]
    return known[max(fitting, key=len)] if fitting else None


@functools.cache
def names_in(path):
    """`Class::test` of each test of a file."""
    tree = ast.parse((ROOT / path).read_text())
    return {
        f"{group.name}::{test.name}"
        for group in tree.body
        if isinstance(group, ast.ClassDef)
        for test in group.body
        if isinstance(test, ast.FunctionDef)
    }


def named(command):
    return f"{command.page}: {command.text[:50]}"


class TestBlocks:
    @pytest.mark.parametrize("path", PAGES.values(), ids=PAGES)
    def test_name_a_language_that_somebody_looks_into(self, path):
        assert {block.language for block in blocks_of(path)} <= {SHELL, *NO_COMMANDS}

    @pytest.mark.parametrize("command", others(), ids=named)
    def test_have_no_command_that_nobody_answers_for(self, command):
        answer = answer_for(command)
        assert answer, f"{command.page} says {command.text!r}: name the test that types it, or why none does"

        by = answer.removeprefix(DRY)
        if by.startswith("tests/"):
            path, _, test = by.partition("::")
            assert test in names_in(path), by
        else:
            assert by == "here" or (by.startswith("not run: ") and len(by) > len("not run: ") + WHY_MIN)

    def test_that_went_are_not_answered_for(self):
        begins = {(page, begin) for page, known in RUN_BY.items() for begin in known}
        used = {
            (command.page, begin)
            for command in others()
            for begin in RUN_BY.get(command.page, {})
            if command.text == begin or command.text.startswith(f"{begin} ")
        }

        assert begins == used

    def test_of_a_story_are_there(self):
        there = {(block.page, block.section) for path in PAGES.values() for block in blocks_of(path)}

        assert set(STORY) <= there
        assert set(SAYS_ITSELF) <= set(PAGES)


class TestCommands:
    @pytest.mark.parametrize("command", others(), ids=named)
    def test_have_words_that_their_program_takes_and_are_run_where_it_is_said(
        self, command, capfd, tmp_path, monkeypatch
    ):
        text = re.sub(
            r"^manage\.py", "python manage.py", command.text.replace(".venv/bin/python", sys.executable)
        )
        words = words_of(text.partition(" > ")[0])

        if words[0] == "make":
            assert made(words[1:])
        elif words[0] == "aws":
            aws_called(words[1:])
        elif answer_for(command) == "here":
            typed = dataclasses.replace(command, text=text.partition(" > ")[0])
            code, wrote = run(typed, {}, capfd)
            assert code == 0
            assert wrote
        elif words[:2] == ["python", "manage.py"]:
            for one in text.split(" && "):
                managed(words_of(one.removeprefix("python ").removeprefix("manage.py ")))

    @pytest.mark.parametrize("name", SAYS_ITSELF)
    def test_that_say_why_they_are_not_run_say_it_and_others_work(self, name, operator, capfd):
        for command in commands_of(PAGES[name]):
            if command.is_run:
                text = command.text.replace(".venv/bin/python", sys.executable)
                code, wrote = run(dataclasses.replace(command, text=text), operator, capfd)
                assert code == command.exit_code or "is not installed" in wrote, wrote
            else:
                assert len(command.why_not) >= WHY_MIN


class TestSentences:
    def test_name_what_is_there(self):
        looked = [
            text for path in PAGES.values() for text in inline_of(path) if text != "…" and looked_at(text)
        ]

        assert len(looked) > 40

    @pytest.mark.parametrize(
        "wrong",
        [
            "make no-such-target", "manage.py no_such_command", "manage.py audit verify|no-such-action",
            "manage.py flag remove NAME --no-such-option", "python -m tests.no_such_module",
            "aws ecs no-such-operation", "aws ecs update-service --no-such-option 1",
        ],
    )  # fmt: skip
    def test_would_be_refused_if_they_were_wrong(self, wrong):
        with pytest.raises((AssertionError, CommandError, StopIteration)):
            looked_at(wrong)


class TestLinks:
    @pytest.mark.parametrize("path", PAGES.values(), ids=PAGES)
    def test_point_to_what_is_there(self, path):
        text = re.sub(r"```.*?```|`[^`\n]*`", "", path.read_text(), flags=re.DOTALL)
        for target in re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", text):
            assert (path.parent / target).exists(), target


class TestScaling:
    def test_names_tables_and_functions_that_are_there(self, raw):
        text = PAGES["docs/SCALING.md"].read_text()
        tables = set(re.findall(r"create_(?:reference|distributed)_table\('(\w+)'", text))

        assert len(tables) > 5
        for table in tables:
            assert raw.execute("SELECT to_regclass(%s)", [table]).fetchone() != (None,)
        assert raw.execute("SELECT to_regprocedure('ledger_post(uuid, jsonb)')").fetchone() != (None,)
