"""Signing up, in and out through the API."""

from __future__ import annotations

import datetime as dt
from contextlib import AbstractContextManager
from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response

from accounts import schemas, serializers, services
from accounts.attempts import login_attempt
from accounts.authentication import bearer_token
from accounts.selectors import person_by_id
from accounts.tokens import TokenInvalid, access_read, refresh_read
from rupaya.core import clock
from rupaya.core.api import ApiView, input_read
from rupaya.core.db import SessionEnded, acting_as
from rupaya.core.errors import Unauthenticated
from rupaya.core.ids import uuid7
from rupaya.core.limits import request_count
from rupaya.core.operations import documented
from rupaya.core.web import actor_of, user_id_of


class OpenView(ApiView):
    """A URL for people who are not signed in: what a credential in the body proves is all that counts."""

    authentication_classes = ()
    permission_classes = ()

    def acting_for(self, user_id: UUID) -> AbstractContextManager[None]:
        """The transaction in which the person acts whom the body has just proved or is about to make."""
        return acting_as(actor_of(self.request, user_id=user_id))


class ProvingView(OpenView):
    """A URL whose body proves who asks: it counts once that is known, and for the address where nothing was proved."""

    def check_throttles(self, request: Request) -> None:
        """Will wait for the proof."""


class Signup(OpenView):
    """`auth/signup`."""

    @documented(
        "signup",
        "Sign up",
        takes=serializers.SignupIn,
        gives={201: schemas.SignedInOut},
        refuses=schemas.SIGNS_UP,
    )
    def post(self, request: Request) -> Response:
        """Will make a person and sign this device in; 201."""
        given = input_read(serializers.SignupIn, data=request.data)
        user_id = uuid7()  # made here, because row-level security wants the actor before the rows
        actor = actor_of(request)
        with self.acting_for(user_id):
            user = services.person_signup(user_id=user_id, **given)
            pair = services.session_start(
                user=user, address=actor.address, user_agent=actor.user_agent, now=clock.now()
            )
        return Response(serializers.signed_in_out(user, pair), status=201)


class Login(ProvingView):
    """`auth/login`."""

    @documented(
        "login", "Sign in", takes=serializers.LoginIn, gives=schemas.SignedInOut, refuses=schemas.SIGNS_IN
    )
    def post(self, request: Request) -> Response:
        """Will sign this device in; 200."""
        given = input_read(serializers.LoginIn, data=request.data)
        with login_attempt(request, email=given["email"]):
            verified = services.credentials_verify(**given)
            actor, now = actor_of(request), clock.now()
            with self.acting_for(verified.user.pk):
                user = services.login_record(verified=verified, now=now)
                pair = services.session_start(
                    user=user, address=actor.address, user_agent=actor.user_agent, now=now
                )
        return Response(serializers.signed_in_out(user, pair))


class Refresh(ProvingView):
    """`auth/refresh`."""

    @documented(
        "token_refresh",
        "Get the next pair of tokens",
        takes=serializers.RefreshIn,
        gives=schemas.SignedInOut,
        refuses=schemas.REFRESHES,
    )
    def post(self, request: Request) -> Response:
        """Will give the next pair of tokens; 200."""
        given = input_read(serializers.RefreshIn, data=request.data)
        now = clock.now()
        token = refresh_read(token=given["refresh_token"], now=now)
        request_count(request, person=token.user_id)
        with self.acting_for(token.user_id):
            pair = services.session_refresh(refresh_token=given["refresh_token"], now=now)
            user = person_by_id(user_id=token.user_id)
        if pair is None:  # only now: that a replay ended the session is committed
            raise SessionEnded
        return Response(serializers.signed_in_out(user, pair))


class Logout(ProvingView):
    """`auth/logout`.

    Ends the session of the access token in the header and that of the refresh token in the body,
    whichever are given. One valid token is enough, so a phone whose access token has run out can
    still sign out; signing out twice is no error. Only where no token is valid is it refused.
    """

    @documented(
        "logout",
        "Sign out",
        takes=serializers.LogoutIn,
        gives={204: None},
        refuses=schemas.SIGNS_OUT,
        is_sign_in_optional=True,
    )
    def post(self, request: Request) -> Response:
        """Will end the sessions; 204."""
        given = input_read(serializers.LogoutIn, data=request.data)
        now = clock.now()
        for user_id, session_id in sorted(self._sessions(given.get("refresh_token", ""), now)):
            request_count(request, person=user_id)  # of two people's tokens, the first one's
            with self.acting_for(user_id):
                services.session_end(session_id=session_id, user_id=user_id, now=now)
        return Response(status=204)

    def _sessions(self, refresh_token: str, now: dt.datetime) -> set[tuple[UUID, UUID]]:
        """(person, session) of each valid token; raises Unauthenticated where there is none."""
        header = self.request.headers.get("Authorization", "")
        found: set[tuple[UUID, UUID]] = set()
        refusal: Unauthenticated = Unauthenticated()
        try:
            if header:
                access = access_read(token=bearer_token(header), now=now)
                found.add((access.user_id, access.session_id))
        except TokenInvalid as error:
            refusal = error
        try:
            if refresh_token:
                refresh = refresh_read(token=refresh_token, now=now)
                found.add((refresh.user_id, refresh.session_id))
        except TokenInvalid as error:
            refusal = error
        if not found:
            raise refusal
        return found


class Me(ApiView):
    """`me`."""

    @documented("me_get", "Show who is signed in", gives=schemas.PersonOut, refuses=schemas.SHOWS_ME)
    def get(self, request: Request) -> Response:
        """Will show who is signed in; 200."""
        return Response(serializers.person_out(person_by_id(user_id=user_id_of(request))))
