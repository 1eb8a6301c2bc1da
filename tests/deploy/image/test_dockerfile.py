"""What goes into the image, and what is said twice."""

from __future__ import annotations

import json
import os
import re
import runpy
import subprocess
import sys
import tomllib

import pytest

from tests.deploy.image.servers import ROOT

DOCKERFILE = (ROOT / "Dockerfile").read_text()
SLIM = runpy.run_path(str(ROOT / "deploy/image/slim.py"))
IGNORED = (ROOT / ".dockerignore").read_text().splitlines()


def instruction(name):
    """The words of an instruction in JSON, over however many lines it goes."""
    [words] = re.findall(rf"^{name} (\[.*\])$", DOCKERFILE.replace("\\\n", ""), re.MULTILINE)
    return json.loads(words)


class TestDockerignore:
    def test_lets_in_what_is_named_and_nothing_else(self):
        rules = [line for line in IGNORED if line and not line.startswith("#")]

        assert rules[0] == "*"
        for app in tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"][
            "root_packages"
        ]:
            assert f"!{app}" in rules, f"{app} would be missing from the image"
        let_in = {rule[1:] for rule in rules if rule.startswith("!")}
        assert let_in.isdisjoint({".env", ".git", "tests", "var", "docs", "deploy"})
        assert all((ROOT / path).exists() for path in let_in)


class TestDockerfile:
    def test_names_its_base_once_and_by_digest(self):
        bases = re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)

        assert re.fullmatch(r"python:3\.11-slim-bookworm@sha256:[0-9a-f]{64}", bases[0])
        assert bases[1:] == ["base", "base"]

    def test_asks_health_as_often_as_was_promised(self):
        assert "HEALTHCHECK --interval=30s --timeout=3s --start-period=40s --retries=3" in DOCKERFILE

    @pytest.mark.parametrize(("given", "port"), [({}, 8000), ({"PORT": ""}, 8000), ({"PORT": "9000"}, 9000)])
    def test_asks_health_where_the_server_listens(self, given, port):
        _, _, code = instruction("HEALTHCHECK .* CMD")
        ask = "import urllib.request; urllib.request.urlopen = lambda *given, **more: print(given, more); "

        ran = subprocess.run(
            [sys.executable, "-c", ask + code],
            env=given,
            capture_output=True,
            text=True,
            check=False,
            timeout=10,
        )

        assert ran.stdout == f"('http://127.0.0.1:{port}/health',) {{'timeout': 2}}\n", ran.stderr

    @pytest.mark.parametrize(("given", "port"), [({}, 8000), ({"PORT": ""}, 8000), ({"PORT": "9000"}, 9000)])
    def test_listens_at_port_in_the_place_of_the_shell(self, tmp_path, given, port):
        gunicorn = tmp_path / "gunicorn"
        gunicorn.write_text('#!/bin/sh\necho "$$ $*"\n')
        gunicorn.chmod(0o755)

        with subprocess.Popen(
            instruction("CMD"),
            env={"PATH": f"{tmp_path}:{os.defpath}", **given},
            stdout=subprocess.PIPE,
            text=True,
        ) as child:
            said = child.communicate(timeout=10)[0].strip()

        words = f"--config deploy/gunicorn.conf.py --bind 0.0.0.0:{port} rupaya.wsgi:application"
        assert said == f"{child.pid} {words}"

    def test_runs_as_nobody_who_could_do_harm(self):
        assert re.search(r"^USER 1001:1001$", DOCKERFILE, re.MULTILINE)
        [entrypoint] = re.findall(r"^ENTRYPOINT (.*)$", DOCKERFILE, re.MULTILINE)
        assert json.loads(entrypoint) == ["/usr/bin/dumb-init", "--single-child", "--"]


class TestSlim:
    def test_keeps_the_aws_services_that_are_called(self):
        called = {"s3"}  # django-storages
        for app in ("rupaya", "accounts", "audit", "flags", "ledger"):
            for path in (ROOT / app).rglob("*.py"):
                called |= set(
                    re.findall(r"""\.(?:client|resource)\(\s*["']([a-z0-9-]+)["']""", path.read_text())
                )

        assert called <= SLIM["SERVICES"]

    def test_takes_other_languages_and_other_services_away(self, tmp_path):
        kept = [
            "d/locale/en/LC_MESSAGES/d.mo",
            "botocore/data/s3/x.json",
            "botocore/data/endpoints.json",
            "other.mo",
            "django/test/client.py",
        ]
        gone = [
            "d/locale/de/LC_MESSAGES/d.mo", "d/locale/de/LC_MESSAGES/d.po", "botocore/data/braket/x.json",
            "waffle/tests/test_x.py", "django/contrib/gis/x.py",
        ]  # fmt: skip
        files_put(tmp_path, [*kept, *gone])

        SLIM["slim"](tmp_path)

        assert files_of(tmp_path) == set(kept)

    def test_takes_what_was_collected_and_what_compressed_it(self, tmp_path):
        kept = ["django/contrib/staticfiles/x.py", "django/templatetags/static.py", "urllib3/x.py"]
        gone = [
            "django/contrib/admin/static/admin/x.css",
            "brotli.py",
            "_brotli.cpython-311-x86_64-linux-gnu.so",
        ]
        files_put(tmp_path, [*kept, *gone])

        SLIM["slim_collected"](tmp_path)

        assert files_of(tmp_path) == set(kept)


def files_put(folder, names):
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()


def files_of(folder):
    return {str(path.relative_to(folder)) for path in folder.rglob("*.*")}
