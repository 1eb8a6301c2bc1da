"""One file, encrypted: every byte counts."""

from __future__ import annotations

import io

import pyrage
import pytest

from rupaya.backups.envelope import (
    MAGIC,
    envelope_read,
    envelope_write,
    identity_read,
    key_make,
    recipients_read,
)
from rupaya.backups.errors import BackupError

PUBLIC, PRIVATE = key_make()
MANIFEST = {"made_at": "2026-11-23T10:00:00Z", "rows": {"public.x": 2}}
DUMP = [b"PGDMP" + bytes(range(256)) * 500, b"\n" * 70_000, b"end"]


def sealed(dump=DUMP):
    out = io.BytesIO()
    written = envelope_write(out, manifest=MANIFEST, dump=iter(dump), recipients=recipients_read([PUBLIC]))
    return out.getvalue(), written


def opened(data, private=PRIVATE):
    out = io.BytesIO()
    manifest, written = envelope_read(io.BytesIO(data), out=out, identity=identity_read(private))
    return manifest, written, out.getvalue()


def encrypted(plain):
    return pyrage.encrypt(plain, recipients_read([PUBLIC]))


class TestEnvelope:
    @pytest.mark.parametrize(
        "dump", [DUMP, [], [b""], [b"x"], [b"x" * 39], [b"x" * 40], [b"x" * 41], [b"x"] * 100]
    )
    def test_gives_back_what_was_put_in(self, dump):
        data, written = sealed(dump)

        assert opened(data) == (MANIFEST, written, b"".join(dump))

    def test_can_be_read_with_the_private_key_alone(self):
        data, _ = sealed()

        assert b"PGDMP" not in data
        with pytest.raises(BackupError, match="for another key"):
            opened(data, key_make()[1])

    def test_finds_every_cut(self):
        data, _ = sealed()

        for length in [0, 1, 100, len(data) // 2, len(data) - 17, len(data) - 1]:
            with pytest.raises(BackupError, match="damaged or cut off"):
                opened(data[:length])

    @pytest.mark.parametrize("place", [10, 60, 150, 250, 70_000, 150_000, -1])
    def test_finds_every_changed_byte(self, place):
        data = bytearray(sealed()[0])
        data[place] ^= 1

        with pytest.raises(BackupError):
            opened(bytes(data))

    def test_finds_what_was_put_behind_it(self):
        with pytest.raises(BackupError, match="damaged or cut off"):
            opened(sealed()[0] + b"x")

    @pytest.mark.parametrize(
        ("plain", "sentence"),
        [
            (b"", "no backup"),
            (b"something else", "no backup"),
            (MAGIC, "no backup"),
            (MAGIC + b"{}\n", "length and the SHA-256"),
            (MAGIC + b"no json\n" + b"x" * 100, "manifest can't be read"),
            (MAGIC + b"{}\n" + b"x" * 100, "length and the SHA-256"),
            (MAGIC + b"x" * 1_200_000, "manifest is larger"),
        ],
    )
    def test_takes_nothing_else_that_is_encrypted_for_us(self, plain, sentence):
        with pytest.raises(BackupError, match=sentence):
            opened(encrypted(plain))

    def test_is_not_finished_where_the_dump_failed(self):
        def dump():
            yield b"PGDMP"
            raise BackupError("pg_dump: error: lock timeout")

        out = io.BytesIO()
        with pytest.raises(BackupError, match="lock timeout"):
            envelope_write(out, manifest=MANIFEST, dump=dump(), recipients=recipients_read([PUBLIC]))

        with pytest.raises(BackupError):
            opened(out.getvalue())

    def test_says_that_there_is_no_room(self):
        class Full(io.BytesIO):
            def write(self, data):
                raise OSError(28, "No space left on device")

        with pytest.raises(BackupError, match="No space left"):
            envelope_write(Full(), manifest={}, dump=iter(DUMP), recipients=recipients_read([PUBLIC]))


class TestKeys:
    def test_are_a_pair(self):
        public, private = key_make()

        assert str(identity_read(private).to_public()) == public
        assert public.startswith("age1")

    @pytest.mark.parametrize("texts", [[], [""], ["age1"], [PRIVATE], [PUBLIC, "x"]])
    def test_refuse_what_is_no_public_key_and_never_show_a_private_one(self, texts):
        with pytest.raises(BackupError, match="BACKUP_RECIPIENTS") as refused:
            recipients_read(texts)

        assert PRIVATE not in str(refused.value)

    @pytest.mark.parametrize("text", ["", PUBLIC, "AGE-SECRET-KEY-1XYZ"], ids=["none", "public", "cut"])
    def test_refuse_what_is_no_private_key(self, text):
        with pytest.raises(BackupError, match="BACKUP_IDENTITY"):
            identity_read(text)
