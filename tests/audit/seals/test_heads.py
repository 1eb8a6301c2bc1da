"""Heads as signed notes: what is written, and what is not believed."""

from __future__ import annotations

import pytest

from audit.seals.heads import (
    Head,
    HeadWrong,
    PublicKey,
    Signer,
    Snapshot,
    head_hash,
    head_read,
    keys_by_id,
)

SIGNER = Signer("app.rupaya.com/audit", bytes(range(32)))
KEYS = {SIGNER.public.id: SIGNER.public}
HEAD = Head(
    origin=SIGNER.name,
    size=12,
    root=bytes(32),
    number=3,
    previous=b"\x01" * 32,
    sealed_at="2026-11-23T10:00:00.000000+00:00",
    cluster="7575",
    is_complete=True,
    snapshot=Snapshot.read("100:105:101,103"),
)


class TestHeadRead:
    def test_reads_back_what_was_signed(self):
        assert head_read(SIGNER.sign(HEAD), keys=KEYS) == HEAD

    def test_reads_the_first_and_an_incomplete_one(self):
        import dataclasses

        first = dataclasses.replace(HEAD, number=1, previous=None, is_complete=False)

        assert head_read(SIGNER.sign(first), keys=KEYS) == first

    def test_is_a_signed_note_as_others_read_it(self):
        """The form of C2SP's signed-note: text, an empty line, and — name base64(key id, signature)."""
        note = SIGNER.sign(HEAD)

        text, _, signature = note.partition("\n\n")
        assert text.splitlines()[:2] == ["app.rupaya.com/audit", "12"]
        assert signature.startswith("— app.rupaya.com/audit ")
        assert signature.endswith("\n")

    @pytest.mark.parametrize(
        ("old", "new"),
        [("\n12\n", "\n13\n"), ("seal 3", "seal 4"), ("saw", "among"), ("105", "104"), ("7575", "7576")],
    )
    def test_believes_no_changed_line(self, old, new):
        with pytest.raises(HeadWrong, match="signature is wrong"):
            head_read(SIGNER.sign(HEAD).replace(old, new), keys=KEYS)

    @pytest.mark.parametrize("note", ["", "x", "a\n12\n", "\n\n— x y\n", "a" * 30_000])
    def test_believes_nothing_else(self, note):
        with pytest.raises(HeadWrong, match="no signed head"):
            head_read(note, keys=KEYS)

    def test_believes_no_other_key(self):
        other = Signer(SIGNER.name, b"x" * 32)

        with pytest.raises(HeadWrong, match="none of the public keys"):
            head_read(other.sign(HEAD), keys=KEYS)

    def test_believes_no_other_name_under_the_same_key(self):
        with pytest.raises(HeadWrong, match="none of the public keys"):
            head_read(SIGNER.sign(HEAD).replace("— app", "— bpp"), keys=KEYS)


class TestPublicKey:
    def test_reads_back_what_it_writes(self):
        assert PublicKey.read(str(SIGNER.public)) == SIGNER.public
        assert keys_by_id([str(SIGNER.public)]) == KEYS

    def test_knows_the_example_of_the_standard(self):
        """From golang.org/x/mod/sumdb/note, which defined the form."""
        key = PublicKey.read("PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")

        assert (key.name, key.id) == ("PeterNeumann", "c74f20a3")

    @pytest.mark.parametrize(
        "text",
        ["", "x+y", "a+00000000+AAAA", "PeterNeumann+c74f20a4+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"],
    )
    def test_refuses_what_is_none(self, text):
        with pytest.raises(HeadWrong):
            PublicKey.read(text)


class TestSigner:
    @pytest.mark.parametrize(
        ("name", "seed"), [("two words", bytes(32)), ("a+b", bytes(32)), ("a", bytes(31)), ("", bytes(32))]
    )
    def test_refuses_what_can_not_sign(self, name, seed):
        with pytest.raises(HeadWrong):
            Signer(name, seed)


class TestSnapshot:
    def test_sees_what_was_over(self):
        snapshot = HEAD.snapshot

        assert [number for number in range(98, 107) if snapshot.sees(number)] == [98, 99, 100, 102, 104]


class TestHeadHash:
    def test_is_over_all_of_it(self):
        note = SIGNER.sign(HEAD)

        assert head_hash(note) != head_hash(note + " ")
        assert len(head_hash(note)) == 32
