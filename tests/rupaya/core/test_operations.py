from __future__ import annotations

import pytest
from rest_framework import serializers
from rest_framework.request import Request

from rupaya.core.api import ApiView
from rupaya.core.errors import Conflict, Gone
from rupaya.core.operations import (
    IF_NONE_MATCH,
    Ask,
    Output,
    documented,
    documented_also,
    operation_of,
    page_of_shape,
)
from rupaya.core.pagination import PageInvalid

COLOUR = Ask("colour", "Which.", {"type": "string"})


class BoatOut(Output):
    name = serializers.CharField()


class ShipOut(BoatOut):
    """A larger one."""


class Boats(ApiView):
    thing = "boat"
    shape = BoatOut

    @documented("{thing}s_list", "List {thing}s", gives=page_of_shape(BoatOut))
    def get(self, request: Request) -> None: ...

    @documented(
        "{thing}_create", "Build a {thing}", asks=(COLOUR,), gives={201: "shape"}, refuses=(Conflict,)
    )
    def post(self, request: Request) -> None: ...

    def put(self, request: Request) -> None: ...


class Ships(Boats):
    thing = "ship"
    shape = ShipOut


class TestOperationOf:
    def test_is_what_the_handler_says(self):
        said = operation_of(Boats, "POST")

        assert (said.name, said.summary) == ("boat_create", "Build a boat")
        assert (said.gives, said.asks, said.refuses) == ({201: BoatOut}, (COLOUR,), (Conflict,))

    def test_is_the_inheriting_views_own(self):
        said = operation_of(Ships, "post")

        assert (said.name, said.summary, said.gives) == ("ship_create", "Build a ship", {201: ShipOut})

    def test_of_a_page_takes_what_pages_take(self):
        said = operation_of(Boats, "GET")

        assert [ask.name for ask in said.asks] == ["limit", "cursor", "If-None-Match"]
        assert PageInvalid in said.refuses

    def test_of_a_read_can_be_conditional(self):
        said = operation_of(Boats, "GET")

        assert IF_NONE_MATCH in said.asks
        assert said.gives[304] is None
        assert "ETag" in said.headers

    def test_raises_where_nothing_is_said(self):
        with pytest.raises(LookupError, match="@documented is missing"):
            operation_of(Boats, "PUT")


class TestDocumentedAlso:
    def test_adds_to_what_is_said(self):
        @documented("x", "X", gives=BoatOut, refuses=(Conflict,))
        def handler() -> None: ...

        documented_also(handler, asks=(COLOUR,), refuses=(Gone,), headers=("Location",))

        said = handler.operation  # type: ignore[attr-defined]
        assert (said.asks, said.refuses, said.headers) == ((COLOUR,), (Conflict, Gone), ("Location",))

    def test_leaves_alone_what_says_nothing(self):
        def handler() -> None: ...

        documented_also(handler, refuses=(Gone,))

        assert not hasattr(handler, "operation")


class TestPageOfShape:
    def test_has_rows_and_neighbours(self):
        page = page_of_shape(BoatOut)

        assert page.__name__ == "BoatPage"
        assert list(page().fields) == ["results", "next", "previous"]
