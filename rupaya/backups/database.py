"""What is asked of databases around a dump: one snapshot's facts, and whether a database is empty."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from rupaya.backups.errors import USAGE, BackupError

OWNER: Final = "rupaya_owner"
_ROLES: Final = (OWNER, "rupaya_user", "rupaya_sealer", "rupaya_backup")  # of deploy/postgres/init.sql
_CONNECT_S: Final = 10
# A partitioned table holds no rows itself: a dump has them by its parts.
_TABLES_SQL: Final = """
SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE c.relkind = 'r' AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_t' ORDER BY 1, 2
"""
_MIGRATIONS_SQL: Final = "SELECT app, max(name) FROM django_migrations GROUP BY app ORDER BY app"
# When somebody last recorded or did something: what came later is not in the backup.
_NEWEST_SQL: Final = """
SELECT greatest((SELECT max(created_at) FROM ledger_transaction), (SELECT max(created_at) FROM audit_logs))
"""
# The tables where row-level security binds who asks, and whether he sees every row all the same: a permissive policy of
# his, or of a role that he has the rights of, says just `true`, and no restrictive one is his.
_BOUND_SQL: Final = """
SELECT n.nspname, c.relname,
       coalesce(bool_or(policy.polpermissive AND pg_get_expr(policy.polqual, c.oid) = 'true')
                AND bool_and(policy.polpermissive), false)
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  LEFT JOIN pg_policy policy ON policy.polrelid = c.oid AND policy.polcmd IN ('r', '*')
        AND EXISTS (SELECT FROM unnest(policy.polroles) AS role WHERE role = 0 OR pg_has_role(role, 'USAGE'))
 WHERE c.relkind IN ('r', 'p') AND c.relpersistence <> 't' AND c.relrowsecurity AND row_security_active(c.oid)
 GROUP BY 1, 2 ORDER BY 1, 2
"""
# What deploy/postgres/init.sql gives to others on each thing that the owner makes.
_DEFAULTS_SQL: Final = """
SELECT DISTINCT format('ALTER DEFAULT PRIVILEGES FOR ROLE %%I IN SCHEMA %%I REVOKE ALL ON %%s FROM %%I',
                       %(owner)s::text, n.nspname, kind.name, given.grantee::regrole::text)
  FROM pg_default_acl d JOIN pg_namespace n ON n.oid = d.defaclnamespace CROSS JOIN aclexplode(d.defaclacl) AS given
  JOIN (VALUES ('r', 'TABLES'), ('S', 'SEQUENCES'), ('f', 'FUNCTIONS')) AS kind (letter, name)
    ON kind.letter = d.defaclobjtype
 WHERE d.defaclrole = %(owner)s::regrole
"""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One moment of a database that others can read too while it is open.

    is_bound: row-level security binds the login, and policies show it every row.
    """

    id: str
    server_major: int
    is_bound: bool
    manifest: dict[str, Any]


@contextmanager
def snapshot_open(*, url: str, app_version: str) -> Iterator[Snapshot]:
    """The facts of one moment, and that moment for pg_dump. It is open, and holds back vacuum, until the context ends.

    Counts every row of every table, under a lock on it that only what changes a table waits for. Raises BackupError
    where it can't log in, or where row-level security would leave rows out.
    """
    with connected(url) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        connection.read_only = True
        is_bound = _is_bound(connection)
        # Whom nothing binds, PostgreSQL itself is to refuse should that change; for the others as pg_dump asks.
        connection.execute(
            f"SET LOCAL row_security = {'on' if is_bound else 'off'}; SET LOCAL statement_timeout = 0"
        )
        exported = _one(connection, "SELECT pg_export_snapshot()")
        tables = connection.execute(_TABLES_SQL).fetchall()
        rows = {
            f"{schema}.{name}": _one(
                connection, sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(schema, name))
            )
            for schema, name in tables
        }
        newest = _one(connection, _NEWEST_SQL)
        # A policy may have gone after the moment and before the count. From here on the locks keep all of them, so one
        # more look shows what count and dump go by; from outside, as this transaction sees its moment alone.
        with connected(url) as outside:
            is_bound = _is_bound(outside)
        manifest = {
            "made_at": _moment(_one(connection, "SELECT transaction_timestamp()")),
            "newest_at": newest and _moment(newest),
            "app_version": app_version,
            "server_version": connection.info.server_version,
            "database": connection.info.dbname,
            "migrations": dict(connection.execute(_MIGRATIONS_SQL).fetchall()),
            "rows": rows,
        }
        yield Snapshot(exported, connection.info.server_version // 10_000, is_bound, manifest)


def empty_check(*, url: str) -> int:
    """Will raise BackupError unless the database has no table; gives the server's major version."""
    with connected(url) as connection:
        tables = connection.execute(_TABLES_SQL).fetchall()
        if tables:
            raise BackupError(
                f"{connection.info.dbname} has {len(tables)} tables; a backup is only restored into an empty database."
            )
        may = "SELECT pg_has_role(current_user, oid, 'MEMBER') FROM pg_roles WHERE rolname = %s"
        missing = not _one(connection, may, [OWNER])
        if missing:
            raise BackupError(
                f"Nobody here may act as {OWNER}: run deploy/postgres/init.sql on the server first, and log in as its "
                f"administrator or as {OWNER}."
            )
        return connection.info.server_version // 10_000


def defaults_take(*, url: str) -> None:
    """Will have nobody given rights on what rupaya_owner makes from now on, where deploy/postgres/init.sql has said so.

    A dump says what each table gave, not what it took back: restored below those defaults, rupaya_user would have every
    right that a migration took from it. The dump brings them again, after the last table.
    """
    with connected(url) as connection:
        for (statement,) in connection.execute(_DEFAULTS_SQL, {"owner": OWNER}).fetchall():
            connection.execute(statement)


def rows_count(*, url: str) -> dict[str, int | None]:
    """How many rows each table has; None where row-level security might hide some of them from the login."""
    with connected(url) as connection:
        hidden = {name for name, sees_all in _bound(connection).items() if not sees_all}
        names = {f"{table[0]}.{table[1]}": table for table in connection.execute(_TABLES_SQL).fetchall()}
        return {
            name: None
            if name in hidden
            else _one(connection, sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(*table)))
            for name, table in names.items()
        }


@contextmanager
def scratch_made(*, server_url: str, name: str) -> Iterator[str]:
    """A new database on a server, as deploy/postgres/init.sql leaves one; dropped at the end. Gives its URL.

    The server's administrator makes it; roles and their passwords are left as they are. Raises BackupError.
    """
    with connected(server_url, autocommit=True) as admin:
        if not _has_owner(admin):
            raise BackupError(
                f"There is no {OWNER} on that server: run deploy/postgres/init.sql there first."
            )
        admin.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(name)))
        try:
            url = url_with(server_url, database=name)
            _rights_give(url, database=name)
            yield url
        finally:
            admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def url_with(url: str, *, database: str = "", acting_as: str = "") -> str:
    """The login with another database, or acting as another role from the start."""
    parts = conninfo_to_dict(url)
    if database:
        parts["dbname"] = database
    if acting_as:
        parts["options"] = f"{parts.get('options') or ''} -c role={acting_as}".strip()
    return make_conninfo("", **parts)


@contextmanager
def connected(url: str, *, autocommit: bool = False) -> Iterator[psycopg.Connection[Any]]:
    """A connection of its own. Raises BackupError where nobody answers or lets it in."""
    try:
        connection = psycopg.connect(url, autocommit=autocommit, connect_timeout=_CONNECT_S)
    except psycopg.Error as error:
        raise BackupError(f"The database can't be reached: {' '.join(str(error).split())}") from error
    with connection:
        try:
            yield connection
        except psycopg.Error as error:
            raise BackupError(f"The database refused: {' '.join(str(error).split())}") from error


def _rights_give(url: str, *, database: str) -> None:
    with connected(url) as connection:
        known = {
            row[0]
            for row in connection.execute(
                "SELECT rolname FROM pg_roles WHERE rolname = ANY(%s)", [list(_ROLES)]
            )
        }
        target = sql.Identifier(database)
        connection.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(target))
        for role in sorted(known):
            what = "CONNECT, CREATE, TEMPORARY" if role == OWNER else "CONNECT"
            grant = sql.SQL(f"GRANT {what} ON DATABASE {{}} TO {{}}")
            connection.execute(grant.format(target, sql.Identifier(role)))
        connection.execute(sql.SQL("ALTER SCHEMA public OWNER TO {}").format(sql.Identifier(OWNER)))
        connection.execute("REVOKE ALL ON SCHEMA public FROM PUBLIC")
        for role in sorted(known - {OWNER}):
            connection.execute(sql.SQL("GRANT USAGE ON SCHEMA public TO {}").format(sql.Identifier(role)))


def _is_bound(connection: psycopg.Connection[Any]) -> bool:
    """Whether row-level security binds the login anywhere. Raises BackupError where it hides rows from it, or might."""
    bound = _bound(connection)
    hidden = [name for name, sees_all in bound.items() if not sees_all]
    if hidden:
        more = f" and {len(hidden) - 1} more" if hidden[1:] else ""
        raise BackupError(
            f"Row-level security hides rows of {hidden[0]}{more} from {_one(connection, 'SELECT current_user')}: a "
            "dump would leave rows out. Dump as rupaya_backup, which deploy/postgres/init.sql makes; where it is the "
            "one, migrate, or look at that table's policies.",
            code=USAGE,
        )
    return bool(bound)


def _bound(connection: psycopg.Connection[Any]) -> dict[str, bool]:
    """The tables where row-level security binds the login, each with whether it sees every row all the same."""
    return {
        f"{schema}.{name}": sees_all for schema, name, sees_all in connection.execute(_BOUND_SQL).fetchall()
    }


def _has_owner(connection: psycopg.Connection[Any]) -> bool:
    return bool(_one(connection, "SELECT count(*) FROM pg_roles WHERE rolname = %s", [OWNER]))


def _one(connection: psycopg.Connection[Any], query: Any, parameters: list[Any] | None = None) -> Any:
    row = connection.execute(query, parameters).fetchone()
    return row[0] if row else None


def _moment(at: dt.datetime) -> str:
    return at.astimezone(dt.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
