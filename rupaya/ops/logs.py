"""`ops logs` and `ops log-groups`."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterator
from typing import Any, Final

from rupaya.ops.fleet import NAME
from rupaya.ops.plans import USAGE, OpsError
from rupaya.ops.waiting import Patience

PREFIX: Final = f"/ecs/{NAME}"
GROUPS: Final = {"web": f"{PREFIX}-backend", "worker": f"{PREFIX}-worker", "migrate": f"{PREFIX}-migrate"}
LINES_MAX: Final = 10_000
_UNITS: Final = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_OVERLAP_MS: Final = 30_000  # lines may arrive that late, and out of order
_GROUPS_MAX: Final = 500


def since_read(text: str, *, now: dt.datetime) -> dt.datetime:
    """A moment from how long ago it was, like 15m, or from ISO 8601 with an offset. Raises OpsError."""
    found = re.fullmatch(r"([1-9][0-9]{0,4})([smhd])", text)
    if found:
        return now - dt.timedelta(**{_UNITS[found[2]]: int(found[1])})
    return moment_read(text, name="--since")


def moment_read(text: str, *, name: str) -> dt.datetime:
    """A moment from ISO 8601 with an offset; without one it could be any of 26 hours. Raises OpsError."""
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise OpsError(f"{name} is {text!r}; write it like 2026-11-23T10:00:00+05:30.", code=USAGE)
    return moment.astimezone(dt.UTC)


def log_groups(logs: Any) -> list[dict[str, Any]]:
    """The service's log groups: name, days kept (None: for ever), bytes."""
    found: list[dict[str, Any]] = []
    for page in logs.get_paginator("describe_log_groups").paginate(logGroupNamePrefix=PREFIX):
        found += [
            {
                "name": one["logGroupName"],
                "days": one.get("retentionInDays"),
                "bytes": one.get("storedBytes", 0),
            }
            for one in page["logGroups"]
        ]
        if len(found) >= _GROUPS_MAX:
            break
    return found


def log_lines(
    logs: Any, *, group: str, since: dt.datetime, pattern: str, follow: bool, patience: Patience,
    is_wanted: Callable[[], bool] = lambda: True,
) -> Iterator[tuple[str, str]]:  # fmt: skip
    """Lines with their moments, oldest first: those that are there, at most 10,000; with `follow` also those to come,
    until the limit. A line comes once, also where lines arrive late.
    """
    start_ms, seen, given = int(since.timestamp() * 1000), dict[str, int](), 0
    ends = patience.monotonic() + patience.limit_s
    while is_wanted():
        newest_ms = start_ms
        for event in _events(logs, group=group, start_ms=start_ms, pattern=pattern):
            newest_ms = max(newest_ms, event["timestamp"])
            if event["eventId"] in seen:
                continue
            seen[event["eventId"]] = event["timestamp"]
            yield _moment(event["timestamp"]), event["message"].rstrip("\n")
            given += 1
            if not follow and given >= LINES_MAX:
                return
        if not follow or patience.monotonic() + patience.pause_s > ends:
            return
        start_ms = max(start_ms, newest_ms - _OVERLAP_MS)
        seen = {event_id: at for event_id, at in seen.items() if at >= start_ms}
        patience.sleep(patience.pause_s)


def _events(logs: Any, *, group: str, start_ms: int, pattern: str) -> Iterator[dict[str, Any]]:
    asked = {"logGroupName": group, "startTime": start_ms, **({"filterPattern": pattern} if pattern else {})}
    try:
        for page in logs.get_paginator("filter_log_events").paginate(**asked):
            yield from page["events"]
    except logs.exceptions.ResourceNotFoundException as error:
        raise OpsError(f"There is no log group {group}; `ops log-groups` lists what there is.") from error


def _moment(timestamp_ms: int) -> str:
    moment = dt.datetime.fromtimestamp(timestamp_ms / 1000, tz=dt.UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{timestamp_ms % 1000:03d}Z"
