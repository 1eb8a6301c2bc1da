"""Typing a command as an operator does, and looking at the words of one that can't be typed here."""

from __future__ import annotations

import importlib.util
import itertools
import os
import re
import shlex
import shutil
import subprocess
from string import Template

import botocore.session
import pytest
from botocore import xform_name
from django.core.management import CommandError, ManagementUtility, get_commands, load_command_class

from tests.deploy.pages import ROOT

_KNOWN = re.compile(r"(?P<given>(?:[A-Z_]+=\S* )*)(?:make|manage\.py|python|\.venv/bin/python|aws) ")
SHELL = set("|&;<>`")  # what only a shell can do


def words_of(text, environment=None):
    """As a shell splits them, with the variables filled in."""
    known = environment or {}
    return [Template(word).safe_substitute(known) for word in shlex.split(text)]


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
        pytest.skip(f"NOT CHECKED: {words[0]} is not on this machine")
    done = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {command.text}"],
        cwd=ROOT, env={**os.environ, **environment}, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    return done.returncode, done.stdout + done.stderr


def managed(words):
    """Will raise CommandError where `manage.py` would not take these words."""
    name, *options = words
    load_command_class(str(get_commands()[name]), name).create_parser("manage.py", name).parse_args(options)


def aws_called(words, *, is_whole=True):
    """Whether AWS has that operation and it takes those parameters; `is_whole`: and has all that it needs."""
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
    if is_whole:
        assert [one for one in shape.required_members if xform_name(one, "-") not in given] == []


def made(words):
    """Whether make knows the targets, shown by a dry run; gives what would be run."""
    done = subprocess.run(
        ["make", "--dry-run", *words], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def looked_at(text):
    """Will look at the words of a command in a sentence; False where nothing here knows the program.

    What stands for something else (`…`, NAME, one|other) may leave out what a whole command needs. Raises where a
    target, command, option, module or operation is not there.
    """
    found = _KNOWN.match(text)
    if not found:
        return False
    match words_of(text.removeprefix(found["given"])):
        case ["make", *targets] if "…" not in targets:
            made(targets)
        case ["python" | ".venv/bin/python", "manage.py", *rest] | ["manage.py", *rest] if rest:
            _manage_looked_at(rest)
        case ["python" | ".venv/bin/python", "-m", module, *_]:
            assert importlib.util.find_spec(module), module
        case ["aws", *rest]:
            aws_called([word for word in rest if word != "…"], is_whole=False)
        case _:
            return False
    return True


def _manage_looked_at(words):
    name, *rest = words
    assert name in get_commands(), name
    before = list(itertools.takewhile(lambda word: "|" not in word, rest))
    for alternative in " ".join(rest[len(before) :]).split("|"):
        written = [*before, *alternative.split()]
        given = [
            word
            for word, last in zip(written, ["", *written], strict=False)
            if word not in {"…", "ACTION"} or last.startswith("--")
        ]
        try:
            managed([name, *given])
        except CommandError as error:
            # ID stands for one; but an option or an action that is not there is wrong.
            if not re.search(r"are required|invalid \w+ value", str(error)):
                raise
