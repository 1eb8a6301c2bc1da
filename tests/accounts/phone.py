"""A phone: JSON over HTTP, with the tokens that it was given."""

from __future__ import annotations

import functools
import json
import secrets
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

from django.contrib.auth.hashers import make_password
from django.db import connections
from django.test import Client

from accounts.models import Session, User
from accounts.services import session_start
from rupaya.core import clock
from rupaya.core.db import Actor, acting_as
from rupaya.core.ids import uuid7

PASSWORD = "mango lassi at noon"


def address_new(name: str = "asha") -> str:
    """An address that nobody has."""
    return f"{name}-{secrets.token_hex(8)}@example.in"


def actor(user_id: UUID | None) -> Actor:
    return Actor(user_id=user_id, kind="user", address="203.0.113.9", user_agent="test")


@functools.cache
def password_hash() -> str:
    """PASSWORD's hash, made once: hashing is slow on purpose."""
    return make_password(PASSWORD)


def person_new(*, email: str = "", full_name: str = "Asha Rao") -> User:
    """Somebody who signs in with PASSWORD, without what a sign-up makes besides."""
    user = User(id=uuid7(), email=email or address_new(), full_name=full_name, password=password_hash())
    with acting_as(actor(user.pk)):
        user.save(force_insert=True)
    return user


def session_new(user: User, *, now=None, address="203.0.113.9"):
    """A new session's tokens."""
    with acting_as(actor(user.pk)):
        return session_start(user=user, address=address, user_agent="Phone/1", now=now or clock.now())


def sessions_of(user_id: UUID) -> list[Session]:
    """The person's sessions, as they themselves see them, oldest first."""
    with acting_as(actor(user_id)):
        return list(Session.objects.order_by("id"))


class Phone:
    """Speaks to the API as a device does."""

    def __init__(self) -> None:
        self.client = Client()

    def post(self, path: str, body: Any = None, *, token: str = "", raw: bytes | None = None):
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        data = raw if raw is not None else json.dumps(body if body is not None else {})
        return self.client.post(f"/v1/{path}", data, content_type="application/json", headers=headers)

    def me(self, token: str):
        return self.client.get("/v1/me", headers={"Authorization": f"Bearer {token}"})

    def signup(self, **fields: Any):
        body = {"email": address_new(), "password": PASSWORD, "full_name": "Asha Rao", **fields}
        return self.post("auth/signup", body)


def at_once(count: int, work, *, meanwhile=lambda: None) -> list[Any]:
    """The results of doing `work` in so many threads, each with a database connection of its own.

    `meanwhile` runs here while they work.
    """

    def one(number: int) -> Any:
        try:
            return work(number)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(count) as pool:
        results = pool.map(one, range(count))
        meanwhile()
        return list(results)
