"""`.env` and the environment, as the settings and gunicorn read them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

import pytest
from django.core.exceptions import ImproperlyConfigured

from rupaya import dotenv
from tests.support.engines import ROOT


@pytest.fixture
def env_file(tmp_path, monkeypatch):
    """A `.env` that is read in the place of the project's own, and an environment that comes back."""
    monkeypatch.setattr(dotenv, "PLACE", tmp_path / ".env")
    before = dict(os.environ)
    yield tmp_path / ".env"
    os.environ.clear()
    os.environ.update(before)


class TestVariablesRead:
    def test_adds_what_the_process_was_not_given(self, env_file, monkeypatch):
        monkeypatch.setenv("RUPAYA_ONE", "given")
        env_file.write_text("# said\nRUPAYA_ONE=said\nRUPAYA_TWO=said\n")

        found = dotenv.variables_read()

        assert (found["RUPAYA_ONE"], found["RUPAYA_TWO"]) == ("given", "said")
        assert os.environ["RUPAYA_TWO"] == "said"  # libraries look there

    def test_leaves_out_what_is_empty(self, env_file):
        env_file.write_text("RUPAYA_ONE=\n")

        assert "RUPAYA_ONE" not in dotenv.variables_read()

    def test_needs_no_file(self, env_file):
        assert "PATH" in dotenv.variables_read()

    def test_refuses_what_is_no_text(self, env_file):
        env_file.write_bytes(b"RUPAYA_ONE=\xff\n")

        with pytest.raises(ImproperlyConfigured, match=r"\.env is not UTF-8 text"):
            dotenv.variables_read()


class TestGunicorn:
    @pytest.fixture
    def settings(self, tmp_path):
        """What gunicorn's settings come to with a `.env`, in a project of nothing else."""
        (tmp_path / "deploy").mkdir()
        (tmp_path / "rupaya").mkdir()
        shutil.copy(ROOT / "deploy/gunicorn.conf.py", tmp_path / "deploy")
        for name in ("__init__", "dotenv", "server"):
            shutil.copy(ROOT / f"rupaya/{name}.py", tmp_path / "rupaya")
        (tmp_path / "nothing.py").write_text("def application(environ, start_response): ...\n")

        def ask(env, *words, **given):
            (tmp_path / ".env").write_bytes(env)
            config = ["-c", "deploy/gunicorn.conf.py"]
            done = subprocess.run(
                [sys.executable, "-m", "gunicorn", "--print-config", *config, *words, "nothing"],
                cwd=tmp_path, env={"PATH": os.environ["PATH"], "TMPDIR": str(tmp_path), **given}, check=False,
                capture_output=True, text=True, timeout=30,
            )  # fmt: skip
            found = dict(line.split(" = ", 1) for line in done.stdout.splitlines() if " = " in line)
            return {name.strip(): value for name, value in found.items()}, done

        return ask

    def test_is_set_by_env(self, settings, tmp_path):
        found, done = settings(
            b"WEB_CONCURRENCY=5\nWEB_THREADS=7\nPORT=8123\n"
            b"FORWARDED_ALLOW_IPS=10.0.0.0/16\nMETRICS_BIND=127.0.0.1:9464\n"
        )

        assert (found["workers"], found["threads"]) == ("5", "7"), done.stderr
        assert found["bind"] == "['127.0.0.1:8123']"
        assert found["forwarded_allow_ips"] == "['10.0.0.0/16']"
        assert list(tmp_path.glob("rupaya-metrics-*")), "nothing is counted"

    def test_is_set_by_what_it_was_started_with_before_that(self, settings):
        found, _ = settings(
            b"WEB_CONCURRENCY=5\nPORT=8123\n", "--bind", "0.0.0.0:8124", WEB_CONCURRENCY="3", PORT="8125"
        )

        assert (found["workers"], found["bind"]) == ("3", "['0.0.0.0:8124']")

    def test_takes_the_default_for_what_is_empty(self, settings, tmp_path):
        found, done = settings(
            b"WEB_CONCURRENCY=\nPORT=\nMETRICS_BIND=\n", WEB_THREADS="", FORWARDED_ALLOW_IPS=""
        )

        assert (found["workers"], found["threads"]) == ("2", "4"), done.stderr
        assert found["bind"] == "['127.0.0.1:8000']"
        assert found["forwarded_allow_ips"] == "['127.0.0.1']"
        assert not list(tmp_path.glob("rupaya-metrics-*"))

    def test_refuses_what_is_no_text_in_a_sentence(self, settings):
        _, done = settings(b"PORT=\xff\n")

        assert (done.returncode, done.stderr) == (
            1,
            ".env is not UTF-8 text; start again from .env.example.\n",
        )
