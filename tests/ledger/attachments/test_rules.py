from __future__ import annotations

import datetime as dt
import re

import pytest

from ledger.attachments.rules import NAME_MAX, name_clean, storage_key_new


class TestNameClean:
    @pytest.mark.parametrize(
        ("text", "shown"),
        [
            ("receipt.jpg", "receipt.jpg"),
            ("RECEIPT.JPEG", "RECEIPT.JPEG"),
            ("किराना बिल.jpg", "किराना बिल.jpg"),
            ("bill", "bill.jpg"),
            ("bill.html", "bill.html.jpg"),
            ("bill.jpg.exe", "bill.jpg.exe.jpg"),
            (r"C:\Users\asha\bill.jpg", "bill.jpg"),
            ("../../etc/passwd", "passwd.jpg"),
            ("a\r\nSet-Cookie: x.jpg", "a Set-Cookie: x.jpg"),
            ("gpj.\u202eexe.jpg", "gpj. exe.jpg"),
            ("\ud800half.jpg", "half.jpg"),
            ("  .jpg  ", "attachment.jpg"),
            ("...", "attachment.jpg"),
            ("", "attachment.jpg"),
            ("e\u0301.jpg", "é.jpg"),
        ],
    )
    def test_makes_a_name_that_can_be_shown_and_saved(self, text, shown):
        assert name_clean(text=text, content_type="image/jpeg") == shown

    @pytest.mark.parametrize("text", ["x" * 500, "x" * 500 + ".jpg", "x" * 118 + ".jpg", "a." + "y" * 300])
    def test_keeps_the_ending_of_a_long_one(self, text):
        name = name_clean(text=text, content_type="image/jpeg")

        assert len(name) <= NAME_MAX
        assert name.endswith(".jpg")


class TestStorageKeyNew:
    def test_holds_the_day_and_chance_alone(self):
        day = dt.date(2026, 11, 20)

        keys = {storage_key_new(day=day) for _ in range(100)}

        assert len(keys) == 100
        assert all(re.fullmatch(r"attachments/2026-11-20/[0-9a-f]{32}", key) for key in keys)
