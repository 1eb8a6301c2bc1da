from __future__ import annotations

import pytest
from django.test import RequestFactory

from rupaya.core.conditional import expected, tagged
from rupaya.core.errors import PreconditionFailed
from rupaya.core.etag import etag_of
from rupaya.core.json import json_bytes

BODY = {"name": "Cash", "limit": None}


def same(thing: object) -> object:
    return thing


def asking(**headers):
    return RequestFactory().patch("/v1/accounts/1", headers=headers)


class TestTagged:
    @pytest.mark.parametrize("body", [BODY, json_bytes(BODY)])
    def test_has_the_tag_of_its_bytes(self, body):
        response = tagged(body)

        assert response.data == json_bytes(BODY)
        assert (response.status_code, response["ETag"]) == (200, etag_of(json_bytes(BODY)))


class TestExpected:
    def test_passes_what_the_person_looked_at(self):
        request = asking(**{"If-Match": etag_of(json_bytes(BODY))})

        expected(request, same)(BODY)

    def test_refuses_what_is_something_else_now(self):
        request = asking(**{"If-Match": etag_of(json_bytes(BODY))})

        with pytest.raises(PreconditionFailed):
            expected(request, same)(BODY | {"name": "Purse"})

    def test_asks_nothing_where_the_person_asks_for_nothing(self):
        expected(asking(), pytest.fail)("anything")
