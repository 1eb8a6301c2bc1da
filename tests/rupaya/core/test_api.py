"""The base of every API view."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

import pytest
from django.test import Client
from rest_framework import serializers

from accounts.models import User
from accounts.services import session_end
from rupaya.core import clock
from rupaya.core.api import DateField, Input, input_read
from rupaya.core.db import acting_as
from rupaya.core.errors import Invalid
from tests.accounts.phone import sessions_of
from tests.rupaya.core.asking import bearer_of


class SplitIn(Input):
    amount = serializers.IntegerField()


class EntryIn(Input):
    name = serializers.CharField(max_length=5)
    splits = SplitIn(many=True, required=False)


class TypedIn(Input):
    text = serializers.CharField(required=False, allow_null=True)
    id = serializers.UUIDField(required=False)
    count = serializers.IntegerField(required=False)
    words = serializers.ListField(child=serializers.CharField(), required=False)


class DayIn(Input):
    date = DateField()


class TestDateField:
    @pytest.mark.parametrize("text", ["1950-01-01", "2024-02-29", "2150-12-31"])
    def test_reads_a_day(self, text):
        assert input_read(DayIn, data={"date": text}) == {"date": dt.date.fromisoformat(text)}

    @pytest.mark.parametrize(
        ("value", "code", "sentence"),
        [
            ("20261123", "invalid", "Write the date as YYYY-MM-DD, for example 2026-11-23."),
            (20261123, "invalid", "Write the date as YYYY-MM-DD, for example 2026-11-23."),
            ("2026-02-30", "invalid", "The calendar has no 2026-02-30."),
            ("1949-12-31", "date_out_of_range", "The date must lie between 1950-01-01 and 2150-12-31."),
            ("2151-01-01", "date_out_of_range", "The date must lie between 1950-01-01 and 2150-12-31."),
        ],
    )
    def test_says_what_is_no_day_of_a_book(self, value, code, sentence):
        with pytest.raises(Invalid) as raised:
            input_read(DayIn, data={"date": value})

        assert [(error.field, error.code, error.message) for error in raised.value.errors] == [
            ("date", code, sentence)
        ]


@pytest.mark.urls("tests.rupaya.core.probe_urls")
class TestApiView:
    def test_acts_as_the_person_of_the_token(self, committed, asha):
        response = Client().get("/v1/probe/well", headers=bearer_of(asha))

        assert response.json() == {"user_id": str(asha.id), "request_id": response["X-Request-ID"]}

    def test_keeps_what_a_handler_did(self, committed, asha):
        Client().post("/v1/probe/well", headers=bearer_of(asha))

        assert User.objects.get(pk=asha.id).full_name == "Changed"

    @pytest.mark.parametrize("name", ["domain", "missing", "denied", "validation", "operational", "fault"])
    def test_undoes_what_a_handler_did_before_it_refused(self, committed, asha, name):
        Client(raise_request_exception=False).post(f"/v1/probe/{name}", headers=bearer_of(asha))

        assert User.objects.get(pk=asha.id).full_name == "Asha Rao"

    def test_refuses_a_session_that_has_ended(self, committed, asha):
        headers = bearer_of(asha)
        with acting_as(asha.actor):
            session_end(session_id=sessions_of(asha.id)[0].pk, user_id=asha.id, now=clock.now())

        response = Client().get("/v1/probe/well", headers=headers)

        assert response.status_code == 401
        assert response.json()["code"] == "session_ended"
        assert response["WWW-Authenticate"] == "Bearer"

    def test_refuses_nobody(self, committed):
        assert Client().get("/v1/probe/well").status_code == 401

    def test_takes_the_shape_of_an_open_address(self, committed):
        client = Client()

        assert client.post("/v1/reading", b"{}", content_type="application/json").json() == {}
        assert client.post("/v1/reading", b'{"x": 1}', content_type="application/json").status_code == 400


class TestInputRead:
    def test_gives_the_values(self):
        assert input_read(EntryIn, data={"name": "a", "splits": [{"amount": 1}]}) == {
            "name": "a",
            "splits": [{"amount": 1}],
        }

    def test_names_every_unknown_field(self):
        with pytest.raises(Invalid) as raised:
            input_read(EntryIn, data={"name": "a", "nmae": "b", "x": 1})

        assert [(error.field, error.code) for error in raised.value.errors] == [
            ("nmae", "unknown_field"),
            ("x", "unknown_field"),
        ]

    def test_names_an_unknown_field_inside(self):
        with pytest.raises(Invalid) as raised:
            input_read(EntryIn, data={"name": "a", "splits": [{"amount": 1}, {"amount": 1, "extra": 2}]})

        assert [error.field for error in raised.value.errors] == ["splits.1.extra"]

    def test_names_every_wrong_field_and_says_the_first(self):
        with pytest.raises(Invalid) as raised:
            input_read(EntryIn, data={"name": "too long", "splits": [{"amount": "x"}]})

        assert {error.field for error in raised.value.errors} == {"name", "splits.0.amount"}
        assert raised.value.message.startswith("name: ")

    @pytest.mark.parametrize(
        ("name", "value"),
        [("text", 5), ("text", True), ("text", ["a"]), ("id", 5), ("id", {}), ("count", "5"), ("count", True),
         ("words", ["a", 5])],
    )  # fmt: skip
    def test_does_not_guess_a_type(self, name, value):
        with pytest.raises(Invalid) as raised:
            input_read(TypedIn, data={name: value})

        assert [(error.field, error.code) for error in raised.value.errors] == [(name, "invalid")]

    @pytest.mark.parametrize(
        ("name", "value"),
        [("text", "5"), ("text", None), ("id", str(UUID(int=5))), ("count", 5), ("words", ["a"])],
    )
    def test_takes_the_type_that_is_meant(self, name, value):
        assert name in input_read(TypedIn, data={name: value})

    def test_tells_a_wrong_type_beside_everything_else(self):
        with pytest.raises(Invalid) as raised:
            input_read(EntryIn, data={"name": 5, "extra": 1, "splits": [{"amount": 0.5}]})

        assert {error.field for error in raised.value.errors} == {"name", "extra", "splits.0.amount"}

    @pytest.mark.parametrize("data", [None, [], "x", 1, [{"name": "a"}]])
    def test_refuses_what_is_no_object(self, data):
        with pytest.raises(Invalid):
            input_read(EntryIn, data=data)
