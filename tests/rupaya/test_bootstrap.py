"""Making .venv, with requirement files that pin nothing, so that nothing is downloaded."""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from rupaya import bootstrap

SCRIPT = Path(bootstrap.__file__)


def project_make(root: Path) -> Path:
    (root / "rupaya").mkdir(parents=True)
    (root / "tests").mkdir()
    shutil.copy(SCRIPT, root / "rupaya")
    (root / "requirements.txt").write_text("# nothing\n")
    (root / "tests" / "requirements.txt").write_text("# nothing either\n")
    return root


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return project_make(tmp_path / "my 'clone'")


@pytest.fixture(scope="module")
def installed(tmp_path_factory) -> tuple[Path, subprocess.CompletedProcess[str]]:
    """A project whose environment is made, and what making it said; tests leave it whole."""
    root = project_make(tmp_path_factory.mktemp("installed") / "my 'clone'")
    return root, bootstrap_run(root)


def bootstrap_run(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command: list[str | Path] = [sys.executable, root / "rupaya" / "bootstrap.py", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)


def python_of(root: Path) -> Path:
    return root / ".venv" / "bin" / "python"


class TestSource:
    def test_can_be_read_by_any_python(self):
        text = SCRIPT.read_bytes()

        tree = ast.parse(text, feature_version=(3, 4))

        assert text.isascii()  # Python 2 refuses anything else without a header
        assert not any(isinstance(node, (ast.JoinedStr, ast.AnnAssign)) for node in ast.walk(tree))
        functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
        assert not any(function.returns or function.args.kwonlyargs for function in functions)


class TestFits:
    @pytest.mark.parametrize(
        ("version", "expected"),
        [((2, 7), False), ((3, 10), False), ((3, 11), True), ((3, 13), True), ((3, 14), False)],
    )
    def test_knows_the_supported_versions(self, version, expected):
        assert bootstrap.fits(*version) is expected


class TestOtherPython:
    def test_takes_the_newest_that_starts(self, tmp_path):
        for name, code in (("python3.11", 0), ("python3.12", 0), ("python3.13", 127)):
            (tmp_path / name).write_text(f"#!/bin/sh\nexit {code}\n")
            (tmp_path / name).chmod(0o755)

        assert bootstrap.other_python(f"/nowhere::{tmp_path}") == str(tmp_path / "python3.12")

    def test_finds_none_where_there_is_none(self, tmp_path):
        assert bootstrap.other_python(str(tmp_path)) is None


class TestReadStamp:
    def test_trusts_no_stamp_whose_python_is_gone(self, tmp_path):
        stamp = tmp_path / "stamp"
        stamp.write_text("one\ntwo")

        assert bootstrap.read_stamp(str(stamp), sys.executable) == ["one", "two"]
        assert bootstrap.read_stamp(str(stamp), str(tmp_path / "python")) == []
        assert bootstrap.read_stamp(str(tmp_path / "none"), sys.executable) == []


class TestMain:
    @pytest.mark.slow
    def test_makes_the_environment_once_and_then_says_and_does_nothing(self, installed):
        project, first = installed
        born_ns = python_of(project).lstat().st_mtime_ns

        second = bootstrap_run(project)

        assert first.returncode == 0, first.stderr
        assert "Installing" in first.stderr
        assert first.stderr.count("\n") == 1
        assert first.stdout == ""
        assert (second.returncode, second.stdout, second.stderr) == (0, "", "")
        assert python_of(project).lstat().st_mtime_ns == born_ns

    @pytest.mark.slow
    def test_adds_the_developers_part_and_takes_up_changes_without_starting_over(self, installed):
        project, _ = installed
        (project / ".venv" / "witness").touch()

        with_dev = bootstrap_run(project, "--dev")
        without = bootstrap_run(project)
        (project / "requirements.txt").write_text("# changed\n")
        changed = bootstrap_run(project)
        again = bootstrap_run(project, "--dev")

        assert "tests/requirements.txt" in with_dev.stderr
        assert without.stderr == ""
        assert "Installing" in changed.stderr
        assert again.stderr == ""
        assert (project / ".venv" / "witness").exists()

    @pytest.mark.slow
    def test_says_what_failed_and_makes_it_anew_the_next_time(self, project):
        (project / "requirements.txt").write_text("not a requirement!\n")

        failed = bootstrap_run(project)
        (project / ".venv" / "witness").touch()
        (project / "requirements.txt").write_text("# nothing\n")
        done = bootstrap_run(project)

        assert failed.returncode == 1
        assert "pip could not install the requirements" in failed.stderr
        assert "Traceback" not in failed.stderr
        assert done.returncode == 0, done.stderr
        assert not (project / ".venv" / "witness").exists()

    @pytest.mark.slow
    def test_makes_it_anew_where_the_clone_was_moved_even_by_its_own_python(self, installed, tmp_path):
        moved = shutil.copytree(installed[0], tmp_path / "moved", symlinks=True)
        (moved / ".venv" / "witness").touch()

        done = subprocess.run(
            [python_of(moved), moved / "rupaya" / "bootstrap.py"], capture_output=True, text=True, check=False
        )

        assert done.returncode == 0, done.stderr
        assert not (moved / ".venv" / "witness").exists()
        assert bootstrap_run(moved).stderr == ""

    def test_names_the_missing_package_where_environments_cannot_be_made(self, project, monkeypatch, capsys):
        monkeypatch.setattr(bootstrap, "ROOT", str(project))
        monkeypatch.setitem(sys.modules, "ensurepip", None)

        code = bootstrap.main([])

        assert code == 1
        assert "apt install python3-venv" in capsys.readouterr().err

    def test_says_which_python_it_needs(self, monkeypatch, capsys):
        monkeypatch.setattr(bootstrap, "fits", lambda major, minor: False)
        monkeypatch.setenv("PATH", "")

        code = bootstrap.main([])

        assert code == 1
        assert "RUPAYA needs Python 3.11, 3.12 or 3.13" in capsys.readouterr().err

    def test_refuses_unknown_words(self, capsys):
        assert bootstrap.main(["--prod"]) == 2
        assert "usage" in capsys.readouterr().err

    def test_refuses_a_copy_without_its_requirements(self, project):
        (project / "requirements.txt").unlink()

        done = bootstrap_run(project)

        assert done.returncode == 1
        assert "requirements.txt is missing" in done.stderr
        assert not (project / ".venv").exists()


class TestLocked:
    def test_lets_one_in_at_a_time(self, project, monkeypatch):
        monkeypatch.setattr(bootstrap, "LOCK_WAIT_S", 0.1)

        with bootstrap.locked(str(project)):
            started = time.monotonic()
            with pytest.raises(bootstrap.Refusal, match="does not end"):
                bootstrap.locked(str(project))

        assert time.monotonic() - started < 5
        bootstrap.locked(str(project)).close()
