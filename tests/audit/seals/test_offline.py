"""Exports and proofs, checked without a database; and every way to falsify them."""

from __future__ import annotations

import base64
import datetime as dt
import gzip
import io
import json
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import pytest

from audit.seals.export import log_export
from audit.seals.keys import public_keys, signer
from audit.seals.offline import Unreadable, export_open, export_verify, main, proof_load, proof_verify
from audit.seals.proofs import NotSealed, entry_prove
from rupaya.core.ids import uuid7
from tests.audit.seals.sealing import TAMPERED, entries_of, seal_all, seal_newest, tampering
from tests.support.cast import person_make

pytestmark = pytest.mark.usefixtures("own_database")
ROOT = Path(__file__).parent.parent.parent.parent


@pytest.fixture
def lines(committed, asha):
    """An export's lines; at least two seals."""
    seal_all()
    person_make("Dev")
    seal_all()
    return export()


def export(using="sealer"):
    return list(log_export(origin=signer().name, keys=public_keys().values(), using=using))


def check(lines, **more):
    outcome = export_verify(io.BytesIO("".join(lines).encode()), keys=public_keys(), **more)
    return outcome.differences


def edited(lines, at, **fields):
    return [*lines[:at], json.dumps({**json.loads(lines[at]), **fields}) + "\n", *lines[at + 1 :]]


class TestExportVerify:
    def test_finds_nothing_in_what_nobody_touched(self, lines):
        outcome = export_verify(io.BytesIO("".join(lines).encode()), keys=public_keys())

        newest = seal_newest()
        assert outcome.differences == []
        assert (outcome.seals, outcome.leaves) == (newest.number, newest.size)

    def test_names_an_altered_entry_by_its_seal(self, lines):
        public = {**json.loads(lines[4])["public"], "action": "DELETE"}

        (told,) = check(edited(lines, 4, public=public))

        assert (told.kind, told.seal) == ("rewritten", 1)

    def test_names_an_altered_payload_by_its_seal(self, lines):
        (told,) = check(edited(lines, 4, changes=base64.b64encode(b"forged").decode()))

        assert (told.kind, told.seal) == ("rewritten", 1)

    def test_names_a_removed_line(self, lines):
        told = check([*lines[:4], *lines[5:]])

        assert (told[0].kind, told[0].position) == ("removed", 3)

    def test_names_reordered_lines(self, lines):
        one, other = json.loads(lines[4]), json.loads(lines[5])
        swapped = [
            json.dumps({**other, "position": one["position"]}) + "\n",
            json.dumps({**one, "position": other["position"]}) + "\n",
        ]

        told = check([*lines[:4], *swapped, *lines[6:]])

        assert told[0].kind == "reordered"

    def test_names_a_seal_that_is_left_out(self, lines):
        at = next(number for number, line in enumerate(lines) if number > 1 and '"seal"' in line[:8])

        told = check([*lines[:at], *lines[at + 1 :]])

        assert told[0].kind == "rewritten"

    def test_names_what_was_cut_off(self, lines):
        assert "cut off" in check(lines[:-1])[-1].detail

    def test_knows_an_end_that_was_cut_by_a_head_that_was_kept(self, lines):
        kept = seal_newest().head
        at = max(number for number, line in enumerate(lines) if '"seal"' in line[:8])
        seals = len([1 for line in lines[:at] if '"seal"' in line[:8]])
        end = json.dumps({"end": True, "leaves": at - seals - 1}) + "\n"
        shorter = edited([*lines[:at], end], 0, seals=seals, size=at - seals - 1)

        assert check(shorter) == []
        assert check(lines, kept_heads=[kept]) == []
        (told,) = check(shorter, kept_heads=[kept])
        assert told.kind == "rewritten"

    def test_compares_what_the_first_line_tells(self, lines):
        (told,) = check(edited(lines, 0, size=1))

        assert "line 1 tells of" in told.detail

    def test_refuses_lines_after_the_last(self, lines):
        with pytest.raises(Unreadable, match="after the line that ends"):
            check([*lines, lines[-1]])

    def test_lets_no_byte_move_from_one_hash_to_the_other(self, lines):
        line = json.loads(lines[4])
        both = [sha256(base64.b64decode(line[what])).hexdigest() for what in ("changes", "origin")]
        moved = {"changes_hash": both[0] + both[1][:2], "origin_hash": both[1][2:]}
        forged = {"position": line["position"], "public": line["public"], **moved}

        with pytest.raises(Unreadable, match="Line 5"):
            check([*lines[:4], json.dumps(forged) + "\n", *lines[5:]])

    def test_counts_what_was_put_away(self, lines, admin_url):
        with tampering(admin_url) as execute:
            execute("DELETE FROM audit_logs")
            without = export(using=TAMPERED)

        outcome = export_verify(
            io.BytesIO("".join(without).encode()), keys=public_keys(), without_before=dt.date(2200, 1, 1)
        )

        assert {told.kind for told in check(without)} == {"removed"}
        assert (outcome.differences, outcome.away) == ([], seal_newest().size)
        with pytest.raises(Unreadable, match="said to be all before 2200-01-01"):
            check(lines, without_before=dt.date(2200, 1, 1))

    def test_exports_no_better_than_the_log_is(self, lines, asha, admin_url):
        entries = entries_of(asha, admin_url)
        with tampering(admin_url) as execute:
            execute("UPDATE audit_logs SET action = 'DELETE' WHERE id = %s", entries[1])
            altered = check(export(using=TAMPERED))
            execute("DELETE FROM audit_logs WHERE id = %s", entries[0])
            removed = check(export(using=TAMPERED))

        assert altered[0].kind == "rewritten"
        assert (removed[0].kind, removed[0].entry) == ("removed", entries[0])

    def test_keeps_what_it_exports_secret(self, lines, asha):
        text = "".join(lines)

        assert str(asha.book.pk) in text
        assert "Asha Rao" not in text
        assert "Rao household" not in text

    @pytest.mark.parametrize(
        "data",
        [b"", b"x\n", b"[]\n", b'{"format": "other", "version": 1}\n', b'{"format": "rupaya-audit", "version": 2}\n',
         b'{"format": "rupaya-audit", "version": 1, "seals": 0, "size": 0}\n{"position": 0}\n',
         b'{"format": "rupaya-audit", "version": 1, "seals": 0, "size": 0}\n{"seal": "x", "head": ""}\n',
         b'{"format": "rupaya-audit", "version": 1, "seals": 0, "size": 0}\n{"position": 0, "public": []}\n',
         b'{"format": "rupaya-audit", "version": 1, "seals": 0, "size": 0}\n\xff\n',
         b'{"format": "rupaya-audit", "version": 1}\n', b"[" * 100_000 + b"\n", b"1" * 5000 + b"\n",
         b'{"format": "rupaya-audit", "version": 1, "seals": 1e999, "size": 0}\n',
         b'{"format": "rupaya-audit", "version": 1, "seals": 0, "size": 0}\n{"seal": 1e999, "head": ""}\n'],
    )  # fmt: skip
    def test_says_which_line_it_can_not_read(self, data):
        with pytest.raises(Unreadable, match=r"[Ll]ine \d|empty"):
            export_verify(io.BytesIO(data), keys=public_keys())

    def test_takes_no_more_memory_for_more_leaves(self, lines):
        """Lines are read one at a time, and only the tree's edge is kept."""
        taken = []

        class Watched(io.BytesIO):
            def readline(self, *limit):
                taken.append(1)
                return super().readline(*limit)

        export_verify(Watched("".join(lines).encode()), keys=public_keys())

        assert len(taken) == len(lines) + 1


class TestMain:
    def test_needs_neither_django_nor_a_database(self, lines, tmp_path):
        file = tmp_path / "log.ndjson.gz"
        file.write_bytes(gzip.compress("".join(lines).encode()))
        script = (
            "import sys; from audit.seals.offline import main; code = main(sys.argv[1:]);"
            " assert 'django' not in sys.modules; sys.exit(code)"
        )

        done = subprocess.run(
            [sys.executable, "-c", script, "export", file, "--public-key", str(signer().public)],
            cwd=ROOT, env={}, capture_output=True, text=True, check=False,
        )  # fmt: skip

        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout.endswith(" erased: no differences.\n")

    def test_names_what_does_not_hold(self, lines, tmp_path, capsys):
        file = tmp_path / "log"
        file.write_text("".join([*lines[:4], *lines[5:]]))

        assert main(["export", str(file), "--public-key", str(signer().public)]) == 1
        assert "removed: " in capsys.readouterr().out

    def test_can_not_be_asked_of_another_file(self, tmp_path, capsys):
        (tmp_path / "empty").touch()

        for name in ("empty", "absent"):
            assert main(["export", str(tmp_path / name), "--public-key", str(signer().public)]) == 2
        assert main(["export", str(tmp_path / "empty"), "--public-key", "x"]) == 2
        assert capsys.readouterr().out == ""

    def test_can_not_read_half_a_packed_file(self, lines, tmp_path):
        file = tmp_path / "half.gz"
        file.write_bytes(gzip.compress("".join(lines).encode())[:-20])

        with export_open(file) as opened, pytest.raises(Unreadable):
            export_verify(opened, keys=public_keys())


class TestProofLoad:
    @pytest.mark.parametrize("data", [b"[" * 100_000, b"[]", b"\xff", b"1" * 5000])
    def test_refuses_what_is_no_proof(self, tmp_path, data):
        (tmp_path / "proof").write_bytes(data)

        with pytest.raises(Unreadable, match="no proof"):
            proof_load(tmp_path / "proof")


class TestProofVerify:
    @pytest.fixture
    def proof(self, lines, asha, admin_url):
        entry = entries_of(asha, admin_url)[2]
        return entry_prove(entry_id=entry, since=1, using="sealer")

    def test_holds_for_every_entry(self, lines, asha, admin_url):
        for entry in entries_of(asha, admin_url):
            proof = json.loads(json.dumps(entry_prove(entry_id=entry, using="sealer")))
            assert proof_verify(proof, keys=public_keys()) == []

    def test_holds_with_the_log_of_before(self, proof):
        assert proof_verify(proof, keys=public_keys()) == []

    def test_holds_under_the_newest_seal_itself(self, lines, asha, admin_url):
        newest = seal_newest().number

        proof = entry_prove(entry_id=entries_of(asha, admin_url)[0], since=newest, using="sealer")

        assert proof_verify(proof, keys=public_keys()) == []

    def test_says_what_does_not_hold(self, proof):
        other = {**proof, "entry": {**proof["entry"], "public": {**proof["entry"]["public"], "action": "X"}}}
        keys = public_keys()

        assert proof_verify(other, keys=keys) == [
            "The entry is not what the leaf stands for.",
            "The path does not lead from the entry to the signed head.",
        ]
        assert proof_verify({**proof, "position": proof["position"] + 1}, keys=keys)
        assert proof_verify({**proof, "path": proof["path"][::-1]}, keys=keys)
        assert proof_verify({**proof, "head": proof["head"].replace("\nseal", "\nseel")}, keys=keys)
        assert proof_verify(proof, keys={})
        assert proof_verify({**proof, "since": {**proof["since"], "path": []}}, keys=keys)

    @pytest.mark.parametrize(
        "change", [{"format": "x"}, {"path": None}, {"entry": {}}, {"position": "x"}, {"since": {}}]
    )
    def test_refuses_what_is_no_proof(self, proof, change):
        with pytest.raises(Unreadable, match="no proof"):
            proof_verify({**proof, **change}, keys=public_keys())

    def test_is_not_made_for_what_no_seal_holds(self, lines, asha, admin_url):
        with pytest.raises(NotSealed, match="No seal holds"):
            entry_prove(entry_id=uuid7(), using="sealer")
        with pytest.raises(NotSealed, match="no seal 0"):
            entry_prove(entry_id=entries_of(asha, admin_url)[0], since=0, using="sealer")
