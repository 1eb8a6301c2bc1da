"""The database's side of a request: who acts, and what a guard's refusal means.

Everything is local to the transaction. A session-level setting would leak through the pool to the
next person: it is forbidden, and a test looks for it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeVar
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS, IntegrityError, connections
from django.db.models import Model
from django.db.transaction import atomic, set_rollback  # noqa: TID251  # the one place

from rupaya.core.errors import DomainError, Unauthenticated
from rupaya.core.prepared import prepared_cursor

Row = TypeVar("Row", bound=Model)
ActorKind = Literal["user", "staff", "job", "command", "system"]
USER_AGENT_MAX: Final = 400  # characters kept

_BEGIN: Final = """
SELECT set_config('app.current_user_id', %(user_id)s, true),
       set_config('app.actor_kind', %(kind)s, true),
       set_config('app.client_address', %(address)s, true),
       set_config('app.user_agent', %(user_agent)s, true),
       set_config('app.request_id', %(request_id)s, true)
"""
_SESSION: Final = ", accounts_session_is_alive(%(session_id)s)"
_SETTINGS: Final = ("user_id", "kind", "address", "user_agent", "request_id")
_CURRENT: Final = """
SELECT coalesce(current_setting('app.current_user_id', true), ''),
       coalesce(current_setting('app.actor_kind', true), ''),
       coalesce(current_setting('app.client_address', true), ''),
       coalesce(current_setting('app.user_agent', true), ''),
       coalesce(current_setting('app.request_id', true), '')
"""


class SessionEnded(Unauthenticated):
    """Raised when the session behind an access token was revoked or has run out."""

    code = "session_ended"
    title = "This session has ended; sign in again"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts, from where. `session_id` is set where a token speaks for a session."""

    user_id: UUID | None
    kind: ActorKind
    session_id: UUID | None = None
    address: str = ""
    user_agent: str = ""
    request_id: str = ""


def job_actor(task: str, *, user_id: UUID | None = None) -> Actor:
    """Who a task of the queue acts as: its own name, and the person it works for where there is one."""
    return Actor(user_id=user_id, kind="job", user_agent=f"job:{task}")


@contextmanager
def acting_as(actor: Actor, *, using: str = DEFAULT_DB_ALIAS) -> Iterator[None]:
    """Will open the transaction and say in it who acts; an exception undoes everything.

    One round trip, which also tells whether the session behind an access token is still alive;
    raises SessionEnded where it is not. Inside another transaction it puts the outer actor back.
    """
    connection = connections[using]
    is_nested = connection.in_atomic_block
    with atomic(using=using):
        outer = _current(using) if is_nested else None
        _begin(actor, using)
        yield
        if outer is not None and not connection.needs_rollback:
            _restore(outer, using)


@contextmanager
def snapshot_as(actor: Actor, *, using: str = DEFAULT_DB_ALIAS) -> Iterator[None]:
    """Will open a transaction in which the actor reads: everything shows one moment, and nothing can be written.

    Two round trips. Raises SessionEnded as `acting_as` does, and RuntimeError inside another transaction, whose
    moment is an earlier one.
    """
    with atomic(using=using, durable=True):
        with connections[using].cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        _begin(actor, using)
        yield


def _begin(actor: Actor, using: str) -> None:
    parameters = {
        "user_id": str(actor.user_id or ""),
        "kind": actor.kind,
        "address": actor.address,
        "user_agent": actor.user_agent[:USER_AGENT_MAX],
        "request_id": actor.request_id,
        "session_id": actor.session_id,
    }
    with prepared_cursor(using=using) as cursor:
        cursor.execute(_BEGIN + (_SESSION if actor.session_id else ""), parameters)
        row = cursor.fetchone()
    if actor.session_id and not row[-1]:
        raise SessionEnded


def _current(using: str) -> tuple[str, ...]:
    with connections[using].cursor() as cursor:
        cursor.execute(_CURRENT)
        return tuple(cursor.fetchone())


def _restore(settings: tuple[str, ...], using: str) -> None:
    with connections[using].cursor() as cursor:
        cursor.execute(_BEGIN, dict(zip(_SETTINGS, settings, strict=True)))


def undo(*, using: str = DEFAULT_DB_ALIAS) -> None:
    """Will make the surrounding `acting_as` undo its work, where an exception was already answered."""
    if connections[using].in_atomic_block:
        set_rollback(True, using=using)


def constraints_now(*, using: str = DEFAULT_DB_ALIAS) -> None:
    """Will make deferred guards speak here instead of at the commit, where nobody could explain them."""
    assert_acting(using=using)
    with connections[using].cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def assert_acting(*, using: str = DEFAULT_DB_ALIAS) -> None:
    """Will raise RuntimeError outside `acting_as`: a service never opens the outer transaction."""
    if not connections[using].in_atomic_block:
        raise RuntimeError("a service was called outside acting_as()")


@contextmanager
def whole() -> Iterator[None]:
    """Will undo what was done inside when it raises, and leave the transaction around it usable."""
    with atomic():
        yield


@contextmanager
def explaining(refusals: Mapping[str, type[DomainError]], *, is_last: bool = False) -> Iterator[None]:
    """Will turn a guard's refusal into the domain error that explains it.

    refusals: constraint name to error. A name that is not listed stays an IntegrityError. The work since this
    point is undone either way (a savepoint), so the caller's transaction stays usable; `is_last` saves that
    savepoint's two round trips where whoever goes on after a refusal has `whole()` around the call.
    """
    try:
        with nullcontext() if is_last else whole():
            yield
    except IntegrityError as error:
        explained = refusals.get(constraint_name(error) or "")
        if explained is None:
            raise
        raise explained from error


def constraint_name(error: IntegrityError) -> str | None:
    """The name of the constraint or guard that refused."""
    diagnostics = getattr(error.__cause__, "diag", None)
    return getattr(diagnostics, "constraint_name", None)


def columns_of(model: type[Model], alias: str) -> str:
    """A model's columns under an alias, as `instances` takes them."""
    return ", ".join(f"{alias}.{field.column}" for field in model._meta.concrete_fields)  # noqa: SLF001  # Django's documented API


def database_of(row: Model) -> str:
    """The alias of the database that an object was read from: what is read of it later comes from there too."""
    return row._state.db or DEFAULT_DB_ALIAS  # noqa: SLF001  # Django's documented API


def instances(
    model: type[Row], sql: str, parameters: Mapping[str, Any], *, using: str = DEFAULT_DB_ALIAS
) -> list[tuple[tuple[Any, ...], Row]]:
    """The rows of a query whose last columns are `columns_of(model, …)`: what stands before them, and the object.

    For the few queries that every request asks: the ORM builds its SQL anew each time, which cost a fifth of a
    request for each of them. It is prepared.
    """
    fields = [field.attname for field in model._meta.concrete_fields]  # noqa: SLF001  # the same
    with prepared_cursor(using=using) as cursor:
        cursor.execute(sql, parameters)
        rows = cursor.fetchall()
    own = -len(fields)
    return [(row[:own], model.from_db(using, fields, row[own:])) for row in rows]


def rows_as_dicts(
    sql: str, parameters: Mapping[str, Any], *, using: str = DEFAULT_DB_ALIAS, is_prepared: bool = False
) -> list[dict[str, Any]]:
    """The rows of a query with named parameters, each as a dictionary by column name."""
    with prepared_cursor(using=using) if is_prepared else connections[using].cursor() as cursor:
        cursor.execute(sql, parameters)
        names = [column.name for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
