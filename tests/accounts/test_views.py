from __future__ import annotations

import datetime as dt
import re

import jwt
import pytest
import time_machine
from django.conf import settings

from accounts.models import User
from accounts.tokens import access_read
from rupaya.core import clock
from rupaya.core.db import SessionEnded
from tests.accounts.phone import PASSWORD, Phone, address_new, at_once, person_new, sessions_of

PROBLEM = "application/problem+json"


def refused(response, status, code):
    """Whether an answer is a refusal in the contract's shape; its body."""
    body = response.json()
    assert response.status_code == status, body
    assert response["Content-Type"] == PROBLEM
    assert body["code"] == code
    assert body["error"] == body["detail"]
    assert body["request_id"] == response["X-Request-ID"]
    if status == 401:
        assert response["WWW-Authenticate"] == "Bearer"
    return body


class TestSignup:
    def test_answers_with_tokens_and_the_person(self, phone):
        email = address_new("Asha")

        response = phone.signup(email=email, full_name="Asha Rao")

        body = response.json()
        assert response.status_code == 201
        assert set(body) == {"access_token", "refresh_token", "token_type", "expires_in", "user"}
        assert body["token_type"] == "Bearer"
        assert body["expires_in"] == settings.JWT_EXPIRY
        assert set(body["user"]) == {"id", "email", "full_name", "created_at"}
        assert (body["user"]["email"], body["user"]["full_name"]) == (email, "Asha Rao")
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", body["user"]["created_at"])
        assert phone.me(body["access_token"]).json() == body["user"]

    def test_records_the_device_and_its_address(self, phone):
        body = phone.client.post(
            "/v1/auth/signup",
            {"email": address_new(), "password": PASSWORD, "full_name": "Asha"},
            content_type="application/json",
            headers={"User-Agent": "RUPAYA/1.0 (Android 15)"},
        ).json()

        (session,) = sessions_of(body["user"]["id"])
        assert (session.user_agent, session.ip) == ("RUPAYA/1.0 (Android 15)", "127.0.0.1")

    def test_refuses_a_taken_address_in_any_case(self, phone):
        email = address_new()
        phone.signup(email=email)

        body = refused(phone.signup(email=email.upper()), 400, "email_taken")

        assert body["errors"][0]["field"] == "email"

    def test_says_what_a_weak_password_lacks(self, phone):
        body = refused(phone.signup(password="1234"), 400, "password_weak")

        assert {error["code"] for error in body["errors"]} >= {
            "password_too_short",
            "password_entirely_numeric",
        }
        assert "at least 10 characters" in body["error"]

    @pytest.mark.parametrize(
        ("fields", "field"),
        [
            ({"email": "nobody"}, "email"),
            ({"email": ""}, "email"),
            ({"email": None}, "email"),
            ({"email": ["a@b.in"]}, "email"),
            ({"email": "a" * 250 + "@example.in"}, "email"),
            ({"email": '"a\\ b"@example.in'}, "email"),
            ({"email": "asha@exa\u3000mple.in"}, "email"),
            ({"email": "asha@exa\u200bmple.in"}, "email"),
            ({"full_name": ""}, "full_name"),
            ({"full_name": "\u200b"}, "full_name"),
            ({"full_name": "   "}, "full_name"),
            ({"full_name": "x" * 121}, "full_name"),
            ({"full_name": "Asha\nRao"}, "full_name"),
            ({"full_name": "Asha \u202eoaR"}, "full_name"),
            ({"full_name": "\u0958" * 120}, "full_name"),
            ({"password": "x" * 129}, "password"),
            ({"password": "x" * 1_000_000}, "password"),
            ({"password": ""}, "password"),
            ({"is_staff": True}, "is_staff"),
        ],
    )
    def test_names_the_wrong_field(self, phone, fields, field):
        body = refused(phone.signup(**fields), 400, "invalid")

        assert [error["field"] for error in body["errors"]] == [field]

    @pytest.mark.parametrize(
        "raw", [b'{"password": "a\\u0000b"}', b'{"password": "a\\ud800b"}', b"{", b"\xff", b"[]", b'"x"']
    )
    def test_refuses_what_is_no_text(self, phone, raw):
        assert phone.post("auth/signup", raw=raw).status_code == 400

    def test_takes_names_of_every_script(self, phone):
        for name in ("आशा राव", "ആഷ", "ক্ষমা", "O’Neill-Kumar", "क्‍ष"):
            assert phone.signup(full_name=name).json()["user"]["full_name"] == name

    def test_ignores_a_token_that_is_sent_along(self, phone):
        body = {"email": address_new(), "password": PASSWORD, "full_name": "Asha"}

        assert phone.post("auth/signup", body, token="rubbish").status_code == 201


class TestLogin:
    def test_answers_like_sign_up(self, phone):
        email = address_new()
        first = phone.signup(email=email).json()

        response = phone.post("auth/login", {"email": email.upper(), "password": PASSWORD})

        assert response.status_code == 200
        assert set(response.json()) == set(first)
        assert response.json()["user"] == first["user"]
        assert len(sessions_of(first["user"]["id"])) == 2
        assert User.objects.get(email=email).last_login is not None

    def test_gives_one_answer_to_all_whom_it_refuses(self, phone):
        user, gone = person_new(), person_new()
        User.objects.filter(pk=gone.pk).update(is_active=False)

        answers = [
            refused(
                phone.post("auth/login", {"email": email, "password": password}), 401, "credentials_wrong"
            )
            for email, password in [
                (user.email, "wrong horse"),
                (address_new(), PASSWORD),
                ("not an address", PASSWORD),
                (gone.email, PASSWORD),
            ]
        ]

        assert len({str({**answer, "request_id": ""}) for answer in answers}) == 1

    @pytest.mark.parametrize(
        "body",
        [
            {},
            {"email": "a@b.in"},
            {"email": "a@b.in", "password": "x" * 129},
            {"email": "a" * 255, "password": PASSWORD},
            {"email": "a@b.in", "password": "a\x00b"},
            {"email": {"$ne": ""}, "password": PASSWORD},
            {"email": "a@b.in", "password": PASSWORD, "remember": True},
        ],
    )
    def test_refuses_another_shape(self, phone, body):
        assert phone.post("auth/login", body).status_code == 400


class TestRefresh:
    def test_gives_tokens_that_work(self, phone):
        first = phone.signup().json()

        response = phone.post("auth/refresh", {"refresh_token": first["refresh_token"]})

        second = response.json()
        assert response.status_code == 200
        assert set(second) == set(first)
        assert second["refresh_token"] != first["refresh_token"]
        assert phone.me(second["access_token"]).status_code == 200

    def test_gives_twelve_at_once_the_same_answer(self, phone):
        first = phone.signup().json()
        body = {"refresh_token": first["refresh_token"]}

        answers = at_once(12, lambda _: Phone().post("auth/refresh", body))

        assert {answer.status_code for answer in answers} == {200}
        assert len({answer.content for answer in answers}) == 1
        (session,) = sessions_of(first["user"]["id"])
        assert (session.counter, session.revoked_at) == (1, None)

    def test_ends_the_session_for_good_on_a_replay(self, phone):
        first = phone.signup().json()
        second = phone.post("auth/refresh", {"refresh_token": first["refresh_token"]}).json()

        with time_machine.travel(clock.now() + dt.timedelta(seconds=11), tick=False):
            replay = phone.post("auth/refresh", {"refresh_token": first["refresh_token"]})

        refused(replay, 401, SessionEnded.code)
        assert sessions_of(first["user"]["id"])[0].revoked_reason == "replay"
        refused(phone.me(second["access_token"]), 401, SessionEnded.code)
        again = phone.post("auth/refresh", {"refresh_token": second["refresh_token"]})
        refused(again, 401, SessionEnded.code)

    def test_refuses_an_access_token(self, phone):
        first = phone.signup().json()

        response = phone.post("auth/refresh", {"refresh_token": first["access_token"]})

        refused(response, 401, "token_invalid")

    @pytest.mark.parametrize("token", ["rubbish", "a.b.c", "₹"])
    def test_refuses_what_is_no_token(self, phone, token):
        refused(phone.post("auth/refresh", {"refresh_token": token}), 401, "token_invalid")

    @pytest.mark.parametrize("body", [{}, {"refresh_token": ""}, {"refresh_token": "x" * 1001}])
    def test_refuses_another_shape(self, phone, body):
        refused(phone.post("auth/refresh", body), 400, "invalid")


class TestLogout:
    def test_kills_the_access_token_at_once(self, phone):
        first = phone.signup().json()

        response = phone.post("auth/logout", token=first["access_token"])

        assert (response.status_code, response.content) == (204, b"")
        refused(phone.me(first["access_token"]), 401, SessionEnded.code)
        refused(phone.post("auth/refresh", {"refresh_token": first["refresh_token"]}), 401, SessionEnded.code)

    def test_leaves_other_devices_signed_in(self, phone):
        email = address_new()
        first = phone.signup(email=email).json()
        second = phone.post("auth/login", {"email": email, "password": PASSWORD}).json()

        phone.post("auth/logout", token=first["access_token"])

        assert phone.me(second["access_token"]).status_code == 200

    def test_takes_no_body_at_all(self, phone):
        first = phone.signup().json()

        response = phone.client.generic(
            "POST", "/v1/auth/logout", headers={"Authorization": f"Bearer {first['access_token']}"}
        )

        assert response.status_code == 204

    def test_is_no_error_the_second_time(self, phone):
        first = phone.signup().json()
        phone.post("auth/logout", token=first["access_token"])

        assert phone.post("auth/logout", token=first["access_token"]).status_code == 204

    def test_takes_the_refresh_token_when_the_access_token_has_run_out(self, phone):
        first = phone.signup().json()

        with time_machine.travel(clock.now() + dt.timedelta(hours=2), tick=False):
            alone = phone.post("auth/logout", token=first["access_token"])
            both = phone.post(
                "auth/logout", {"refresh_token": first["refresh_token"]}, token=first["access_token"]
            )

        refused(alone, 401, "token_invalid")
        assert both.status_code == 204
        assert sessions_of(first["user"]["id"])[0].revoked_reason == "logout"

    def test_ends_both_sessions_where_the_tokens_are_of_two(self, phone):
        asha, bala = phone.signup().json(), phone.signup().json()

        phone.post("auth/logout", {"refresh_token": bala["refresh_token"]}, token=asha["access_token"])

        assert phone.me(asha["access_token"]).status_code == 401
        assert phone.me(bala["access_token"]).status_code == 401

    def test_refuses_who_shows_no_token(self, phone):
        refused(phone.post("auth/logout"), 401, "not_authenticated")
        refused(phone.post("auth/logout", {"refresh_token": "rubbish"}), 401, "token_invalid")


class TestMe:
    def test_asks_the_database_once_for_the_actor_and_once_for_the_person(
        self, phone, django_assert_num_queries
    ):
        token = phone.signup().json()["access_token"]

        with django_assert_num_queries(4):  # with BEGIN and COMMIT
            assert phone.me(token).status_code == 200

    def test_refuses_a_stranger(self, phone):
        refused(phone.client.get("/v1/me"), 401, "not_authenticated")

    @pytest.mark.parametrize(
        "header", ["rubbish", "Bearer", "Bearer a b", "Basic YTpi", "Bearer a.b.c", "Bearer \xe9"]
    )
    def test_refuses_a_malformed_header(self, phone, header):
        refused(phone.client.get("/v1/me", headers={"Authorization": header}), 401, "token_invalid")

    def test_refuses_an_access_token_that_has_run_out(self, phone):
        token = phone.signup().json()["access_token"]

        with time_machine.travel(clock.now() + dt.timedelta(seconds=settings.JWT_EXPIRY + 31), tick=False):
            refused(phone.me(token), 401, "token_invalid")

    def test_refuses_a_token_whose_person_and_session_do_not_belong_together(self, phone):
        asha, bala = phone.signup().json(), phone.signup().json()
        claims = jwt.decode(asha["access_token"], options={"verify_signature": False})
        kid = jwt.get_unverified_header(asha["access_token"])["kid"]
        mixed = jwt.encode(
            {**claims, "sub": bala["user"]["id"]},
            settings.JWT_SECRET,
            algorithm="HS256",
            headers={"kid": kid},
        )
        access_read(token=mixed, now=clock.now())

        refused(phone.me(mixed), 401, SessionEnded.code)

    @pytest.mark.parametrize("path", ["auth/signup", "auth/login", "auth/refresh", "auth/logout"])
    def test_is_the_only_address_that_can_be_read(self, phone, path):
        assert phone.client.get(f"/v1/{path}").status_code == 405
