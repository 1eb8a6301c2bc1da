"""A client of OpenFeature gets the same flags."""

from __future__ import annotations

import pytest
from openfeature import api
from openfeature.evaluation_context import EvaluationContext
from openfeature.exception import ErrorCode

from flags import evaluation
from flags.registry import EXPORT_TRANSACTIONS as NAME
from tests.support.flags import flag_set


def asked(person, name=NAME, default=False):
    context = EvaluationContext(
        targeting_key=str(person.id) if person else None, attributes={"is_staff": True}
    )
    return api.get_client().get_boolean_details(name, default, context)


class TestFlagsProvider:
    @pytest.mark.parametrize(
        ("fields", "expected"),
        [({"everyone": True}, (True, "STATIC", "on")), ({"percent": 100}, (True, "SPLIT", "on")),
         ({"everyone": False}, (False, "DISABLED", "off")), ({"staff": True}, (False, "DEFAULT", "off"))],
    )  # fmt: skip
    def test_says_value_reason_and_variant(self, asha, fields, expected):
        flag_set(**fields)

        said = asked(asha)

        assert (said.value, said.reason, said.variant) == expected
        assert said.error_code is None

    def test_finds_a_person_by_the_targeting_key(self, asha, chitra):
        flag_set(users=[asha.user])

        assert (asked(asha).value, asked(chitra).value, asked(None).value) == (True, False, False)

    def test_is_off_for_an_unknown_flag_whatever_the_default(self, asha):
        said = asked(asha, "nobody_made_this", default=True)

        assert (said.value, said.reason) == (False, "ERROR")
        assert said.flag_metadata == {"error_code": "FLAG_NOT_FOUND"}

    def test_is_off_where_nothing_can_be_read(self, asha, monkeypatch):
        monkeypatch.setattr(evaluation, "prepared_cursor", lambda: 1 / 0)

        said = asked(asha, default=True)

        assert (said.value, said.reason) == (False, "ERROR")
        assert said.flag_metadata == {"error_code": "GENERAL"}

    @pytest.mark.parametrize("key", ["", "asha", "1", None])
    def test_takes_a_key_that_is_no_person_for_nobody(self, db, key):
        flag_set(percent=100)

        assert api.get_client().get_boolean_value(NAME, True, EvaluationContext(targeting_key=key)) is False

    def test_has_no_texts_numbers_or_objects(self, db):
        client = api.get_client()

        said = [
            client.get_string_details(NAME, "x"), client.get_integer_details(NAME, 1),
            client.get_float_details(NAME, 0.5), client.get_object_details(NAME, {}),
        ]  # fmt: skip

        assert [one.value for one in said] == ["x", 1, 0.5, {}]
        assert {one.error_code for one in said} == {ErrorCode.TYPE_MISMATCH}
