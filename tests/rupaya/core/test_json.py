"""Writing JSON."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from uuid import UUID

import pytest
from django.utils.functional import lazystr
from hypothesis import given
from hypothesis import strategies as st

from rupaya.core.json import json_bytes


class TestJsonBytes:
    @given(minor=st.integers(-(10**15) + 1, 10**15 - 1), places=st.sampled_from([0, 2, 3]))
    def test_writes_an_amount_that_reads_back_exactly(self, minor, places):
        amount = Decimal(minor).scaleb(-places)

        assert json.loads(json_bytes(amount), parse_float=Decimal) == amount

    @pytest.mark.parametrize(
        ("value", "text"),
        [(Decimal("500.00"), "500"), (Decimal("1234.5"), "1234.5"), (Decimal("-0.05"), "-0.05"),
         (Decimal("5E+2"), "500"), (Decimal("-0.00"), "0"), (Decimal("9007199254740993.01"), "9007199254740993.01"),
         (10**15 - 1, "999999999999999"),
         (UUID(int=7), '"00000000-0000-0000-0000-000000000007"'), (dt.date(2026, 11, 23), '"2026-11-23"'),
         (dt.datetime(2026, 11, 23, 4, 5, tzinfo=dt.UTC), '"2026-11-23T04:05:00Z"'), (lazystr("ok"), '"ok"'),
         ("₹ नमस्ते", '"₹ नमस्ते"'), ({UUID(int=7): 1}, '{"00000000-0000-0000-0000-000000000007":1}')],
    )  # fmt: skip
    def test_writes_the_contracts_forms(self, value, text):
        assert json_bytes(value).decode() == text

    @pytest.mark.parametrize("value", [object(), Decimal("NaN"), Decimal("Infinity")])
    def test_refuses_what_has_no_form(self, value):
        with pytest.raises(TypeError):
            json_bytes({"x": value})
