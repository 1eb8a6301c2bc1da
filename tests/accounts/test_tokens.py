from __future__ import annotations

import base64
import datetime as dt
import json

import jwt
import pytest
from django.conf import settings

from accounts.tokens import (
    Grant,
    TokenInvalid,
    access_read,
    key_id,
    pair_make,
    refresh_read,
    token_hash,
)
from rupaya.core.ids import uuid7

NOW = dt.datetime(2026, 11, 23, 10, 0, 0, 123456, tzinfo=dt.UTC)
MONTH = dt.timedelta(days=30)


def grant_new(*, counter=0, rotated_at=NOW, expires_at=NOW + MONTH):
    return Grant(uuid7(), uuid7(), counter, rotated_at, expires_at)


def forge(grant, *, secret=None, headers=None, algorithm="HS256", **changes):
    """An access token with some claims changed (or removed, by None), well signed unless told."""
    secret = settings.JWT_SECRET if secret is None else secret
    claims = {
        "sub": str(grant.user_id),
        "sid": str(grant.session_id),
        "aud": "rupaya",
        "iss": settings.API_BASE_URL,
        "iat": int(NOW.timestamp()),
        "exp": int(NOW.timestamp()) + 3600,
        "jti": "x",
        "typ": "access",
    } | changes
    claims = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode(claims, secret, algorithm=algorithm, headers=headers or {"kid": key_id(secret)})


class TestPairMake:
    def test_gives_the_same_pair_for_the_same_grant(self):
        grant = grant_new()

        assert pair_make(grant=grant) == pair_make(grant=grant)

    def test_gives_another_pair_after_a_rotation(self):
        grant = grant_new()
        later = Grant(grant.user_id, grant.session_id, 1, grant.rotated_at, grant.expires_at)

        first, second = pair_make(grant=grant), pair_make(grant=later)

        assert first.refresh_token != second.refresh_token
        assert first.access_token != second.access_token

    def test_names_who_and_what_in_the_claims(self):
        grant = grant_new(counter=3)

        pair = pair_make(grant=grant)

        claims = jwt.decode(pair.access_token, options={"verify_signature": False})
        assert claims["sub"] == str(grant.user_id)
        assert claims["sid"] == str(grant.session_id)
        assert claims["aud"] == "rupaya"
        assert claims["iss"] == settings.API_BASE_URL
        assert claims["typ"] == "access"
        assert claims["exp"] - claims["iat"] == settings.JWT_EXPIRY == pair.expires_in
        assert claims["jti"]
        header = jwt.get_unverified_header(pair.access_token)
        assert header["kid"] == key_id(settings.JWT_SECRET)
        assert header["alg"] == "HS256"

    def test_lets_neither_token_outlive_the_session(self):
        grant = grant_new(expires_at=NOW + dt.timedelta(seconds=90))

        pair = pair_make(grant=grant)

        for token in (pair.access_token, pair.refresh_token):
            claims = jwt.decode(token, options={"verify_signature": False})
            assert claims["exp"] == int(grant.expires_at.timestamp())
        assert pair.expires_in == 90


class TestAccessRead:
    def test_reads_what_was_signed(self):
        grant = grant_new()

        token = access_read(token=pair_make(grant=grant).access_token, now=NOW)

        assert (token.user_id, token.session_id) == (grant.user_id, grant.session_id)

    def test_allows_thirty_seconds_of_skew_and_no_more(self):
        token = pair_make(grant=grant_new()).access_token
        end = dt.datetime.fromtimestamp(int(NOW.timestamp()) + settings.JWT_EXPIRY, dt.UTC)

        access_read(token=token, now=end + dt.timedelta(seconds=29))

        with pytest.raises(TokenInvalid):
            access_read(token=token, now=end + dt.timedelta(seconds=30))

    def test_refuses_a_refresh_token(self):
        with pytest.raises(TokenInvalid):
            access_read(token=pair_make(grant=grant_new()).refresh_token, now=NOW)

    @pytest.mark.parametrize(
        "changes",
        [
            {"typ": "refresh"},
            {"typ": None},
            {"aud": "other"},
            {"aud": None},
            {"iss": "https://evil.example/v1"},
            {"iss": None},
            {"exp": None},
            {"exp": "tomorrow"},
            {"sub": None},
            {"sub": "nobody"},
            {"sid": None},
            {"sid": 5},
            {"sid": "not-a-uuid"},
            {"jti": None},
        ],
    )
    def test_refuses_a_well_signed_token_with_wrong_claims(self, changes):
        grant = grant_new()
        access_read(token=forge(grant), now=NOW)

        with pytest.raises(TokenInvalid):
            access_read(token=forge(grant, **changes), now=NOW)

    @pytest.mark.parametrize("algorithm", ["HS384", "HS512"])
    def test_refuses_another_algorithm_under_the_right_key(self, algorithm):
        token = forge(grant_new(), algorithm=algorithm, secret=settings.JWT_SECRET * 2)
        headers = {"kid": key_id(settings.JWT_SECRET)}
        right_key = forge(grant_new(), algorithm="HS384", headers=headers) if algorithm == "HS384" else token

        for attempt in (token, right_key):
            with pytest.raises(TokenInvalid):
                access_read(token=attempt, now=NOW)

    def test_refuses_an_unsigned_token(self):
        header = _part({"alg": "none", "typ": "JWT", "kid": key_id(settings.JWT_SECRET)})
        payload = pair_make(grant=grant_new()).access_token.split(".")[1]

        for signature in ("", "e30"):
            with pytest.raises(TokenInvalid):
                access_read(token=f"{header}.{payload}.{signature}", now=NOW)

    def test_refuses_a_key_that_is_not_in_the_ring(self):
        secret = "another secret of more than thirty-two bytes"

        for headers in (None, {"kid": key_id(settings.JWT_SECRET)}, {"kid": "00000000"}):
            with pytest.raises(TokenInvalid):
                access_read(token=forge(grant_new(), secret=secret, headers=headers), now=NOW)

    def test_refuses_a_changed_payload(self):
        grant, other = grant_new(), grant_new()
        header, _, signature = pair_make(grant=grant).access_token.split(".")
        payload = pair_make(grant=other).access_token.split(".")[1]

        with pytest.raises(TokenInvalid):
            access_read(token=f"{header}.{payload}.{signature}", now=NOW)

    @pytest.mark.parametrize(
        "token",
        [
            "",
            ".",
            "..",
            "a.b.c",
            "₹.₹.₹",
            "x" * 1_000_000,
            "\x00",
            base64.urlsafe_b64encode(b"[" * 600).decode() + ".e30.e30",
            base64.urlsafe_b64encode(b'{"kid":["a"]}').decode() + ".e30.e30",
            base64.urlsafe_b64encode(b'"text"').decode() + ".e30.e30",
        ],
    )
    def test_refuses_what_is_no_token(self, token):
        with pytest.raises(TokenInvalid):
            access_read(token=token, now=NOW)


def _part(value):
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


class TestRefreshRead:
    def test_reads_what_was_signed(self):
        grant = grant_new(counter=7)

        token = refresh_read(token=pair_make(grant=grant).refresh_token, now=NOW)

        assert (token.user_id, token.session_id, token.counter) == (grant.user_id, grant.session_id, 7)

    def test_refuses_an_access_token(self):
        with pytest.raises(TokenInvalid):
            refresh_read(token=pair_make(grant=grant_new()).access_token, now=NOW)

    @pytest.mark.parametrize("counter", [None, -1, "1", 1.0, True])
    def test_refuses_a_counter_that_is_none(self, counter):
        token = forge(grant_new(), secret=settings.JWT_REFRESH_SECRET, typ="refresh", ctr=counter)

        with pytest.raises(TokenInvalid):
            refresh_read(token=token, now=NOW)

    def test_refuses_an_access_key_that_signs_a_refresh_token(self):
        token = forge(grant_new(), secret=settings.JWT_SECRET, typ="refresh", ctr=0)

        with pytest.raises(TokenInvalid):
            refresh_read(token=token, now=NOW)

    def test_refuses_an_expired_token(self):
        token = pair_make(grant=grant_new()).refresh_token
        end = NOW + dt.timedelta(seconds=settings.JWT_REFRESH_EXPIRY)

        refresh_read(token=token, now=end)

        with pytest.raises(TokenInvalid):
            refresh_read(token=token, now=end + dt.timedelta(seconds=31))


class TestTokenHash:
    def test_is_sha256(self):
        assert token_hash("abc").hex().startswith("ba7816bf")
        assert len(token_hash("")) == 32
