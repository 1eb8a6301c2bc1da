from __future__ import annotations

import io

from django.core.management import call_command

from rupaya.core.openapi import document_bytes


class TestCommand:
    def test_writes_the_file(self, tmp_path):
        call_command("openapi", output=str(tmp_path / "openapi.json"))

        assert (tmp_path / "openapi.json").read_bytes() == document_bytes()

    def test_writes_to_stdout(self):
        out = io.StringIO()

        call_command("openapi", output="-", stdout=out)

        assert out.getvalue().encode() == document_bytes()
