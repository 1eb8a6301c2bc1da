from __future__ import annotations

import pytest
from django.test import RequestFactory
from rest_framework.request import Request

from accounts.authentication import AccessTokenAuthentication, bearer_token
from accounts.tokens import Grant, TokenInvalid, pair_make
from rupaya.core import clock
from rupaya.core.ids import uuid7


def request_with(header=None):
    headers = {} if header is None else {"Authorization": header}
    return Request(RequestFactory().get("/v1/me", headers=headers))


class TestAccessTokenAuthentication:
    @pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
    def test_says_who_and_in_which_session_without_a_query(self, scheme):
        now = clock.now()
        grant = Grant(uuid7(), uuid7(), 0, now, now.replace(year=now.year + 1))
        header = f"{scheme} {pair_make(grant=grant).access_token}"

        found = AccessTokenAuthentication().authenticate(request_with(header))  # no database in this test

        assert found is not None
        person, token = found
        assert person.pk == person.id == grant.user_id
        assert person.is_authenticated
        assert token.session_id == grant.session_id

    @pytest.mark.parametrize("header", [None, ""])
    def test_lets_who_says_nothing_be_nobody(self, header):
        assert AccessTokenAuthentication().authenticate(request_with(header)) is None

    def test_asks_for_a_bearer_token(self):
        assert AccessTokenAuthentication().authenticate_header(request_with()) == "Bearer"


class TestBearerToken:
    def test_reads_the_token(self):
        assert bearer_token("Bearer  abc ") == "abc"

    @pytest.mark.parametrize("header", ["abc", "Bearer", "Bearer a b", "Basic abc", " "])
    def test_refuses_another_kind(self, header):
        with pytest.raises(TokenInvalid):
            bearer_token(header)
