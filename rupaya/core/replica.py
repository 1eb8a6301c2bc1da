"""Reading from a streaming replica, and never less than what was written before the question.

A read asks the primary how far its write-ahead log is flushed: whatever anybody was told is recorded lies before that
place. The replica serves it once it has replayed up to there. So who records and looks sees it, and so do those who
share the book, without a word kept anywhere about who wrote what. It also holds for what rights hang on: who was taken
out of a book finds nothing on the replica either.

A replica that is away, of another cluster, or not so far in DATABASE_REPLICA_WAIT_MS is left alone for a while, and
the primary serves.
"""

from __future__ import annotations

import select
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Final, Literal, NamedTuple, TypeVar, cast

import structlog
from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, InterfaceError, OperationalError, connections
from psycopg import errors
from psycopg.pq import ExecStatus
from psycopg.pq.abc import PGconn

from rupaya.core.db import Actor, acting_as, rows_as_dicts
from rupaya.core.errors import DomainError
from rupaya.core.metrics import Gauge, replica_read_counted
from rupaya.core.pausing import Pause

Answer = TypeVar("Answer")
# level: it has all that was asked for. behind: not yet. other: it replays no log, or another one. away: no answer.
State = Literal["level", "behind", "other", "away"]
REPLICA: Final = "replica"
PAUSE_S: Final = 5.0  # how long a replica that did not serve is left alone
PROBE_S: Final = 0.5  # how long one answer about where it stands may take; it is a millisecond as a rule
_TOLD_EVERY_S: Final = 60.0
_POLL_S: Final = 0.001  # the first wait between two questions, and twice as long each time
_POLL_MAX_S: Final = 0.016

# What is not flushed was told to nobody, unless commits don't wait for the disk. The name of a file of the log begins
# with the timeline.
PLACE_SQL: Final = """
SELECT CASE current_setting('synchronous_commit')
         WHEN 'off' THEN pg_current_wal_insert_lsn() ELSE pg_current_wal_flush_lsn() END::text AS lsn,
       ('x' || left(pg_walfile_name(pg_current_wal_insert_lsn()), 8))::bit(32)::integer AS timeline,
       (SELECT system_identifier FROM pg_control_system()) AS cluster
"""
# The state, and the milliseconds since the newest commit that was replayed was made. After a failover a replica may be
# ahead of the primary on a timeline that is no more, so places are compared on one timeline of one cluster.
_STATE_SQL: Final = b"""
SELECT CASE WHEN NOT pg_is_in_recovery()
              OR (SELECT timeline_id FROM pg_control_checkpoint()) <> $2::integer
              OR (SELECT system_identifier FROM pg_control_system()) <> $3::bigint THEN 'other'
            WHEN pg_last_wal_replay_lsn() >= $1::pg_lsn THEN 'level'
            ELSE 'behind' END,
       (1000 * extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp()))::bigint
"""
_log = structlog.get_logger("rupaya.replica")
_pause: Final = Pause(seconds=PAUSE_S)


class Place(NamedTuple):
    """Where the primary's log ends: position, timeline, and which cluster's it is."""

    lsn: str
    timeline: int
    cluster: int


@dataclass(frozen=True, slots=True)
class Standing:
    """How the replica stands to a place; `waited_s` until that was so, `age_s` of the newest commit it has."""

    state: State
    waited_s: float = 0.0
    age_s: float = 0.0


def replica_is_named() -> bool:
    """Whether DATABASE_REPLICA_URL is set."""
    return REPLICA in settings.DATABASES


def read_as(actor: Actor, read: Callable[[str], Answer]) -> Answer:
    """What `read` finds. It is given the alias of the database to ask, in a transaction with the actor in it.

    `read` writes nothing, and is called anew on the primary where the replica breaks off meanwhile. Whether the session
    lives is always asked of the primary: two queries there, a question or a few to the replica, and one that says who
    acts. Not to be called in a transaction. Raises SessionEnded, and what `read` raises.
    """
    if not replica_is_named():
        with acting_as(actor):
            return read(DEFAULT_DB_ALIAS)
    with acting_as(actor):
        if not _pause.may_try():
            replica_read_counted("paused")
            return read(DEFAULT_DB_ALIAS)
        place = place_now()
    came: str = standing_at(place).state  # with no transaction open on the primary
    if came == "level":
        try:
            with acting_as(replace(actor, session_id=None), using=REPLICA):
                answer = read(REPLICA)
        except (OperationalError, InterfaceError) as error:
            if isinstance(error.__cause__, errors.QueryCanceled):  # the primary would take as long
                raise
            connections[REPLICA].close()
            came = "broke"
        except DomainError:
            _served()
            raise
        else:
            _served()
            return answer
    _leave_alone(came)
    with acting_as(actor):
        return read(DEFAULT_DB_ALIAS)


def _served() -> None:
    replica_read_counted("served")
    if _pause.end():
        _log.info("replica.serves_again")


_told: Final = {"at": -_TOLD_EVERY_S}  # by the monotonic clock


def _leave_alone(came: str) -> None:
    replica_read_counted(came)
    _pause.begin()
    now = time.monotonic()
    if now - _told["at"] >= _TOLD_EVERY_S:
        _told["at"] = now
        _log.warning("replica.not_serving", came=came, pause_s=PAUSE_S)


def place_now() -> Place:
    """Where the primary's log ends now. One query."""
    (row,) = rows_as_dicts(PLACE_SQL, {}, is_prepared=True)
    return Place(**row)


def standing_at(place: Place) -> Standing:
    """How the replica stands to a place of the primary's log, as soon as it has come to it. Raises nothing.

    Waits for DATABASE_REPLICA_WAIT_MS at most, without a snapshot: one would keep the replica from replaying. A replica
    that is frozen costs PROBE_S, a pool without connections as long as it makes people wait.
    """
    started = time.monotonic()
    wait_s = settings.DATABASE_REPLICA_WAIT_MS / 1000
    poll_s = _POLL_S
    while True:
        try:
            state, age_s = _state(place)
        except (OperationalError, InterfaceError, OSError):
            _connection_drop()
            return Standing("away")
        waited_s = time.monotonic() - started
        if state != "behind" or waited_s >= wait_s:
            return Standing(state, waited_s, age_s)
        time.sleep(min(poll_s, wait_s - waited_s))
        poll_s = min(2 * poll_s, _POLL_MAX_S)


def _state(place: Place) -> tuple[State, float]:
    connection = connections[REPLICA]
    connection.ensure_connection()
    row = _row_within(connection.connection.pgconn, _STATE_SQL, [str(part).encode() for part in place])
    return cast("State", row[0].decode()), int(row[1] or 0) / 1000


def _row_within(pgconn: PGconn, statement: bytes, parameters: list[bytes]) -> list[bytes]:
    """A statement's one row, or TimeoutError after PROBE_S.

    psycopg waits for as long as the connection lives, and that of a frozen machine does.
    """
    ends = time.monotonic() + PROBE_S
    socket = select.poll()
    socket.register(pgconn.socket, select.POLLIN)
    pgconn.send_query_params(statement, parameters)
    rows: list[list[bytes]] = []
    while True:
        while pgconn.is_busy():
            if not socket.poll(max(0.0, 1000 * (ends - time.monotonic()))):
                raise TimeoutError
            pgconn.consume_input()
        result = pgconn.get_result()
        if result is None:
            return rows[0]
        if result.status != ExecStatus.TUPLES_OK:
            raise OperationalError(result.error_message.decode(errors="replace"))
        rows.append([result.get_value(0, column) or b"" for column in range(result.nfields)])


def _connection_drop() -> None:
    """Will end the thread's connection, which may still be waiting for an answer, and never give it to the pool."""
    connection = connections[REPLICA]
    if connection.connection is not None:
        connection.connection.close()
    connection.close()


def replica_gauges() -> Iterable[Gauge]:
    """How far the replica is behind, and whether it answers; nothing where none is named. One query on the primary.

    Behind is how long it took to come to where the primary was when it was asked. Where it did not come so far, it is
    the age of the newest commit that it has, which is more than the truth where nobody wrote for a while.
    """
    if not replica_is_named():
        return
    found = standing_at(place_now())
    answers = found.state in {"level", "behind"}
    yield Gauge("rupaya_replica_up", "Whether the replica answers and follows this primary.", [({}, answers)])
    if answers:
        behind_s = found.waited_s if found.state == "level" else found.age_s
        yield Gauge("rupaya_replica_lag_seconds", "How far the replica is behind.", [({}, behind_s)])
