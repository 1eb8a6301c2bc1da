"""`manage.py audit`, as an operator and an auditor use it."""

from __future__ import annotations

import gzip
import io
import json
from uuid import UUID

import pytest
from django.core.management import CommandError, call_command

from accounts.models import User
from audit.checks import check_gauges
from audit.seals.keys import signer
from rupaya.core.db import acting_as
from tests.audit.seals.sealing import SEALER, entries_of, seal_all, seal_newest, tampering

pytestmark = pytest.mark.usefixtures("own_database")


def run(*arguments):
    """What it wrote to stdout."""
    out = io.StringIO()
    call_command("audit", *map(str, arguments), stdout=out, stderr=io.StringIO())
    return out.getvalue()


def refused(*arguments):
    """Its exit code and what it wrote."""
    out = io.StringIO()
    with pytest.raises(CommandError) as raised:
        call_command("audit", *map(str, arguments), stdout=out, stderr=io.StringIO())
    return raised.value.returncode, f"{out.getvalue()}{raised.value}"


class TestSeal:
    def test_says_what_it_sealed(self, committed, asha):
        seal_all()

        assert run("seal") == "Nothing waits for a seal.\n"

    def test_tells_machines(self, committed, asha):
        told = json.loads(run("seal", "--json"))

        assert told["entries"] > 0
        assert told["seal"] == seal_newest().number

    def test_refuses_without_the_sealers_login(self, committed, settings, monkeypatch):
        monkeypatch.delitem(settings.DATABASES, "sealer")

        for action in (["seal"], ["verify"], ["export"], ["prove", "0" * 32], ["forget", "0" * 32]):
            code, told = refused(*action)
            assert code == 2
            assert "DATABASE_SEALER_URL" in told

    def test_refuses_without_a_signing_key(self, committed, settings):
        settings.AUDIT_SIGNING_KEY = b""

        code, told = refused("seal")

        assert code == 2
        assert "AUDIT_SIGNING_KEY" in told


class TestVerify:
    def test_says_that_all_holds_and_keeps_that(self, committed, asha):
        seal_all()

        assert run("verify").endswith(" erased: no differences.\n")
        told = json.loads(run("verify", "--json", "--gaps"))

        assert told["leaves"] == seal_newest().size
        with acting_as(SEALER):
            differences, _ = check_gauges()
        assert ({"check": "audit"}, len(told["differences"])) in differences.samples

    def test_is_told_which_months_were_put_away(self, committed, asha):
        seal_all()

        assert json.loads(run("verify", "--json", "--without-before", "1999-01-01"))["away"] == 0
        for asked, why in (("2999-01-01", "is there, though"), ("1999-01-01", "attach the months")):
            code, told = refused(
                "verify", "--without-before", asked, *(["--gaps"] if "1999" in asked else [])
            )
            assert code == 2
            assert why in told

    def test_names_what_does_not(self, committed, asha, tmp_path):
        seal_all()
        other = tmp_path / "head"
        other.write_text(seal_newest().head.replace("localhost", "elsewhere"))

        code, told = refused("verify", "--head", other)

        assert code == 1
        assert "rewritten: " in told
        run("verify")  # puts the check right again

    def test_takes_a_head_that_was_kept(self, committed, asha, tmp_path):
        seal_all()
        (tmp_path / "head").write_text(seal_newest().head)

        assert "no differences" in run("verify", "--head", tmp_path / "head")

    def test_can_not_be_asked_of_a_file_that_is_not_there(self, committed, tmp_path):
        for option in ("--export", "--proof", "--head"):
            assert refused("verify", option, tmp_path / "absent")[0] == 2

    def test_can_not_be_asked_of_a_head_that_is_none(self, committed, asha, tmp_path):
        for data in (b"\xff\xfe", b"x" * 20_001):
            (tmp_path / "head").write_bytes(data)

            code, told = refused("verify", "--head", tmp_path / "head")

            assert code == 2
            assert "is no signed head" in told

    def test_refuses_a_key_that_is_none(self, committed, tmp_path):
        (tmp_path / "log").touch()

        code, told = refused("verify", "--export", tmp_path / "log", "--public-key", "x")

        assert code == 1
        assert "public key" in told


class TestExport:
    @pytest.mark.parametrize("options", [[], ["--gzip"]])
    def test_writes_what_verifies(self, committed, asha, tmp_path, options):
        seal_all()
        run("export", tmp_path / "log", *options)

        told = run("verify", "--export", tmp_path / "log", "--public-key", signer().public)

        assert "no differences" in told
        assert "no differences" in run("verify", "--export", tmp_path / "log")

    def test_names_what_was_changed_in_a_file(self, committed, asha, tmp_path):
        seal_all()
        run("export", tmp_path / "log")
        (tmp_path / "log").write_text((tmp_path / "log").read_text().replace('"INSERT"', '"DELETE"', 1))

        code, told = refused("verify", "--export", tmp_path / "log")

        assert code == 1
        assert "rewritten: seal 1" in told

    def test_writes_over_no_file(self, committed, asha, tmp_path):
        (tmp_path / "log").write_text("mine")

        code, told = refused("export", tmp_path / "log")
        assert code == 2
        assert "is there already" in told
        assert (tmp_path / "log").read_text() == "mine"

    def test_leaves_no_half_file(self, committed, asha, tmp_path, monkeypatch):
        monkeypatch.setattr("audit.management.commands.audit.log_export", half)

        with pytest.raises(ZeroDivisionError):
            run("export", tmp_path / "log")

        assert not (tmp_path / "log").exists()

    def test_writes_to_stdout(self, committed, asha, capfdbinary):
        seal_all()
        run("export", "--gzip")

        lines = gzip.decompress(capfdbinary.readouterr().out).splitlines()
        assert json.loads(lines[-1]) == {"end": True, "leaves": seal_newest().size}


def half(**_):
    yield "{}\n"
    yield str(1 / 0)


class TestProve:
    def test_writes_what_verifies(self, committed, asha, admin_url, tmp_path):
        seal_all()
        (tmp_path / "proof").write_text(run("prove", entries_of(asha, admin_url)[0], "--since", "1"))

        assert run("verify", "--proof", tmp_path / "proof") == "The proof holds.\n"
        assert json.loads(run("verify", "--proof", tmp_path / "proof", "--json")) == {"differences": []}

    def test_names_what_does_not_hold(self, committed, asha, admin_url, tmp_path):
        seal_all()
        proof = json.loads(run("prove", entries_of(asha, admin_url)[0]))
        (tmp_path / "proof").write_text(json.dumps({**proof, "path": []}))

        code, told = refused("verify", "--proof", tmp_path / "proof")

        assert code == 1
        assert "does not lead" in told
        assert "The proof does not hold." in told
        assert "The proof holds" not in told

    def test_says_what_no_seal_holds(self, committed, asha):
        assert refused("prove", asha.id)[0] == 2


def deactivate(person):
    with acting_as(SEALER):
        User.objects.filter(pk=person.id).update(is_active=False)


class TestForget:
    def test_wants_to_hear_it_twice(self, committed, asha):
        deactivate(asha)

        code, told = refused("forget", asha.id)

        assert code == 2
        assert told.startswith(f"Asha Rao ({asha.id}): 1 book of their own, ")
        assert "--yes" in told

    @pytest.mark.parametrize("is_meant", [True, False])
    def test_asks_whoever_is_there(self, committed, asha, monkeypatch, is_meant):
        deactivate(asha)
        seal_all()
        monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
        monkeypatch.setattr("builtins.input", lambda _: str(asha.id) if is_meant else "y")

        if is_meant:
            assert "entries are blank" in run("forget", asha.id)
        else:
            assert "Nothing was forgotten" in refused("forget", asha.id)[1]

    def test_refuses_who_can_not_be_forgotten(self, committed, asha):
        for one, why in ((asha.id, "still active"), (asha.book.pk, "never was one"), (UUID(int=0), "nobody")):
            code, told = refused("forget", one, "--yes")
            assert code == 2
            assert why in told

    def test_forgets(self, committed, asha):
        deactivate(asha)
        seal_all()

        told = run("forget", asha.id, "--yes")

        assert "entries are blank" in told
        assert "verifies" not in told
        assert "no differences" in run("verify")


class TestKey:
    def test_prints_the_public_key(self, committed):
        assert run("key") == f"{signer().public}\n"


class TestTampering:
    def test_leaves_nothing_behind(self, committed, asha, admin_url):
        """The tests' own tool: what it does is undone."""
        seal_all()
        with tampering(admin_url) as execute:
            execute("DELETE FROM audit_seal")

        assert seal_newest() is not None
