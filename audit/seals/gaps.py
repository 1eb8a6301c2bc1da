"""What was changed while an audit trigger was off: the audited tables themselves against what the log says of them.

Three questions, a table at a time: are its triggers there and on; is each row what its entries add up to; does each
row that the log knows still exist, or say when it went. It reads every audited row and asks for its entries by an
index, which is slow for a long log: a pass of its own.

It can't see tables without audit triggers, above all postings and the versions of transactions: they are outside the
log, and `verify_ledger` is what checks them. Nor a row that was made and deleted again while the trigger was off,
hidden columns (they are not in the log),
columns that a migration added with one value for all rows, rows whose entries were erased with their person, or rows
that row-level security hides from who asks: sessions, from the schema's owner. A superuser sees those too.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from typing import Final

from django.db import connections

from audit.seals.rows import INSTANT
from audit.seals.trail import Difference

_FOUND_MAX: Final = 100  # a table

# Tables with audit triggers, or without all of them though the log saw rows of it made or go (a repair of month totals,
# which no trigger audits, is an UPDATE that tells of itself): name, hidden columns, which
# triggers are off, and whether row-level security hides its rows from who asks.
_TABLES_SQL: Final = """
SELECT c.relname,
       coalesce((SELECT string_to_array(split_part(encode(t.tgargs, 'escape'), '\\000', 2), ',') FROM pg_trigger t
                  WHERE t.tgrelid = c.oid AND t.tgname = 'audit_update'), '{}'),
       ARRAY(SELECT wanted FROM unnest(ARRAY['audit_insert', 'audit_update', 'audit_delete']) wanted
              WHERE NOT EXISTS (SELECT FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid
                                 WHERE t.tgrelid = c.oid AND t.tgname = wanted AND t.tgenabled IN ('O', 'A')
                                   AND p.proname = 'audit_record') ORDER BY wanted),
       row_security_active(c.oid) AND NOT EXISTS (
         SELECT FROM pg_policy p WHERE p.polrelid = c.oid AND p.polcmd IN ('r', '*') AND p.polpermissive
            AND current_user::regrole = ANY (p.polroles) AND pg_get_expr(p.polqual, p.polrelid) = 'true')
  FROM pg_class c
 WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
   AND c.relname <> 'audit_key'
   AND (EXISTS (SELECT FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid
                 WHERE t.tgrelid = c.oid AND p.proname = 'audit_record')
        OR (SELECT true FROM audit_logs
             WHERE resource_type = c.relname::text AND action IN ('INSERT', 'DELETE')
             ORDER BY resource_type, resource_id LIMIT 1))
 ORDER BY c.relname
"""
# A table's columns, and those that a migration gave to rows that were there already: no entry told of it.
_COLUMNS_SQL: Final = """
SELECT array_agg(attname::text), coalesce(array_agg(attname::text) FILTER (WHERE atthasmissing), '{}')
  FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped
"""
# Rows that are not what their entries add up to: the last entry that names a field says what it is; where none does it
# is NULL. A row with a blank entry is left out: who it was about is forgotten.
_ROWS_SQL: Final = """
SELECT item.id, coalesce(told.is_made, false), {instant}, wrong.fields
  FROM (SELECT t.id::text AS id, jsonb_strip_nulls(to_jsonb(t)) AS present FROM {table} t) item
  CROSS JOIN LATERAL (
       SELECT bool_or(e.action = 'INSERT') AS is_made, bool_or(e.changes = '{{}}') AS is_blank,
              max(e.created_at) AS last_at
         FROM audit_logs e
        WHERE e.resource_type = %(table)s AND e.resource_id = item.id
          AND e.action IN ('INSERT', 'UPDATE', 'DELETE')) told
  CROSS JOIN LATERAL (
       SELECT coalesce(jsonb_object_agg(field.key, field.value), '{{}}') AS logged
         FROM (SELECT DISTINCT ON (f.key) f.key,
                      jsonb_strip_nulls(CASE e.action WHEN 'UPDATE' THEN f.value -> 1 ELSE f.value END) AS value
                 FROM audit_logs e CROSS JOIN LATERAL jsonb_each(e.changes) f
                WHERE e.resource_type = %(table)s AND e.resource_id = item.id AND e.action IN ('INSERT', 'UPDATE')
                ORDER BY f.key, e.created_at DESC, e.id DESC) field) state
  CROSS JOIN LATERAL (
       SELECT ARRAY(SELECT key FROM jsonb_each(item.present) AS row_now (key, is_now)
                      FULL JOIN jsonb_each(state.logged) AS row_told (key, was_told) USING (key)
                     WHERE key <> ALL (%(hidden)s::text[]) AND key = ANY (%(columns)s::text[])
                       AND is_now IS DISTINCT FROM nullif(was_told, 'null')
                       AND (was_told IS NOT NULL OR key <> ALL (%(added)s::text[]))
                     ORDER BY key) AS fields) wrong
 WHERE told.is_blank IS NOT TRUE AND (told.is_made IS NOT TRUE OR wrong.fields <> '{{}}')
"""
# Rows that the log knows, that are not there, and of which it does not say when they went.
_GONE_SQL: Final = """
SELECT made.resource_id, {instant} FROM audit_logs made
 WHERE made.resource_type = %(table)s AND made.action IN ('INSERT', 'UPDATE')
   AND NOT EXISTS (SELECT FROM {table} t WHERE t.id::text = made.resource_id)
   AND NOT EXISTS (SELECT FROM audit_logs gone WHERE gone.resource_type = made.resource_type
                      AND gone.resource_id = made.resource_id AND gone.action = 'DELETE')
 GROUP BY made.resource_id ORDER BY 2, 1
"""
# Destroying a key blanks entries, so it must have been told, by an entry that is sealed or younger than the last seal
# of all there was; five minutes for a clock that is set back.
_KEYS_SQL: Final = f"""
SELECT key.id::text, {INSTANT.format("key.destroyed_at")} FROM audit_key key
 WHERE key.key IS NULL AND key.destroyed_at >= %(since)s AND NOT EXISTS (
       SELECT FROM audit_logs entry
        WHERE entry.resource_type = 'audit_key' AND entry.resource_id = key.id::text AND entry.action = 'UPDATE'
          AND (EXISTS (SELECT FROM audit_leaf leaf WHERE leaf.entry_id = entry.id)
               OR entry.created_at > coalesce((SELECT max(sealed_at) FROM audit_seal WHERE is_complete), '-infinity')
                                     - interval '5 minutes'))
 ORDER BY key.destroyed_at, key.id
"""  # noqa: S608  # constants alone
# What guards the log itself, each month of it too; with the function that each must call, always.
_GUARDS_SQL: Final = """
WITH wanted (relid, name, function) AS (
  SELECT part.relid::oid, guard.name, guard.function FROM pg_partition_tree('audit_logs') part
   CROSS JOIN (VALUES ('audit_logs_append_only', 'append_only_refuse'),
                      ('audit_logs_erased_only', 'audit_logs_erased_only')) guard (name, function)
  UNION ALL
  SELECT guard.relation::regclass::oid, guard.name, guard.function
    FROM (VALUES ('audit_leaf', 'audit_leaf_append_only', 'append_only_refuse'),
                 ('audit_leaf', 'audit_leaf_follows', 'audit_leaf_follows'),
                 ('audit_seal', 'audit_seal_append_only', 'append_only_refuse'),
                 ('audit_seal', 'audit_seal_follows', 'audit_seal_follows'),
                 ('audit_anchor', 'audit_anchor_append_only', 'append_only_refuse'),
                 ('audit_key', 'audit_key_once', 'audit_key_once'),
                 ('audit_key', 'truncate_refuse', 'append_only_refuse'),
                 ('audit_key', 'audit_update', 'audit_record')) guard (relation, name, function))
SELECT relid::regclass::text, array_agg(name ORDER BY name) FROM wanted
 WHERE NOT EXISTS (SELECT FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid
                    WHERE t.tgrelid = relid AND t.tgname = name AND t.tgenabled IN ('O', 'A') AND t.tgqual IS NULL
                      AND p.proname = function)
 GROUP BY relid ORDER BY 1
"""


def gaps_find(
    *, using: str, report: Callable[[Difference], None], progress: Callable[[int, int], None] | None = None
) -> int:
    """Will compare every audited table with the log; returns how many tables those are. As the schema's owner.

    Three queries a table, each of one instant; the rows stay in the server. No locks.
    """
    tables = _tables(using=using)
    for number, (table, hidden, _, is_out_of_sight) in enumerate(tables):
        if progress:
            progress(number, len(tables))
        for difference in () if is_out_of_sight else _table(table, hidden, using=using):
            report(difference)
    return len(tables)


def keys_check(*, using: str, report: Callable[[Difference], None], since: dt.date | None = None) -> None:
    """Whether the log tells of every key destroyed, from a day (UTC) on where one is given. One query; no locks."""
    with connections[using].cursor() as cursor:
        cursor.execute(_KEYS_SQL, {"since": f"{since} 00:00Z" if since else "-infinity"})
        for subject, destroyed_at in cursor.fetchall():
            detail = f"the key of {subject} is destroyed, and no sealed entry says so"
            report(Difference("gap", detail, at=destroyed_at))


def triggers_check(*, using: str, report: Callable[[Difference], None]) -> None:
    """Whether the triggers of every audited table, and the log's own guards, are there, and on, now. Two queries."""
    with connections[using].cursor() as cursor:
        cursor.execute(_GUARDS_SQL)
        guards = cursor.fetchall()
    for table, off in [*((table, off) for table, _, off, _ in _tables(using=using)), *guards]:
        if off:
            report(Difference("gap", f"{table}: {', '.join(off)} is off or gone"))


def _tables(*, using: str) -> list[tuple[str, list[str], list[str], bool]]:
    with connections[using].cursor() as cursor:
        cursor.execute(_TABLES_SQL)
        return list(cursor.fetchall())


def _table(table: str, hidden: list[str], *, using: str) -> Iterator[Difference]:
    name = connections[using].ops.quote_name(table)
    with connections[using].cursor() as cursor:
        cursor.execute(_COLUMNS_SQL, [name])
        columns, added = cursor.fetchone()
        given = {"table": table, "hidden": hidden, "columns": columns, "added": added}
        cursor.execute(
            f"{_ROWS_SQL.format(table=name, instant=INSTANT.format('told.last_at'))} LIMIT {_FOUND_MAX + 1}",
            given,
        )
        wrong = cursor.fetchall()
        for row_id, is_made, last_at, fields in wrong[:_FOUND_MAX]:
            told = f"{', '.join(fields)}: no entry says so" if is_made else "no entry says that it was made"
            yield Difference("gap", f"{table} {row_id}: {told}", at=last_at)
        gone = _GONE_SQL.format(table=name, instant=INSTANT.format("max(made.created_at)"))
        cursor.execute(f"{gone} LIMIT {_FOUND_MAX + 1}", given)
        gone_ones = cursor.fetchall()
        for row_id, last_at in gone_ones[:_FOUND_MAX]:
            yield Difference("gap", f"{table} {row_id}: it is gone, and no entry says so", at=last_at)
        if max(len(wrong), len(gone_ones)) > _FOUND_MAX:
            yield Difference("gap", f"{table}: and more rows than the {_FOUND_MAX} of a sort that are named")
