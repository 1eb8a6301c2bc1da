"""`ops db-metrics` and `ops snapshot`: the database as RDS and CloudWatch see it."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from rupaya.ops.fleet import DATABASE
from rupaya.ops.plans import USAGE, OpsError, Plan, Prepared, begun
from rupaya.ops.rollout import Means
from rupaya.ops.waiting import wait_until

POINTS_MAX: Final = 1440
# Metric, how it is summed up, its unit, and by what its numbers are divided.
METRICS: Final = (
    ("CPUUtilization", "Average", "%", 1),
    ("DatabaseConnections", "Maximum", "connections", 1),
    ("FreeableMemory", "Minimum", "MiB", 1 << 20),
    ("FreeStorageSpace", "Minimum", "GiB", 1 << 30),
    ("ReadLatency", "Average", "s", 1),
    ("WriteLatency", "Average", "s", 1),
)
# CloudWatch keeps points of a minute for 15 days, of five for 63 and of an hour for 455.
_KEPT: Final = ((60, 15), (300, 63), (3600, 455))
_SNAPSHOT_ENDS: Final = {"available", "failed", "incompatible-restore", "incompatible-parameters"}
_SNAPSHOT: Final = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")


@dataclass(frozen=True, slots=True)
class Window:
    """A time that is asked about, in points of `period_s` seconds."""

    start: dt.datetime
    end: dt.datetime
    period_s: int


def window_check(*, start: dt.datetime, end: dt.datetime, period_s: int, now: dt.datetime) -> Window:
    """The window, if CloudWatch has it whole. Raises OpsError: it would give nothing and not say why."""
    if start >= end:
        raise OpsError("--start must be before --end.", code=USAGE)
    if end > now + dt.timedelta(minutes=5):
        raise OpsError("--end is in the future.", code=USAGE)
    if period_s < 60 or period_s % 60 or period_s > 86_400:
        raise OpsError(
            f"--period is {period_s}; it must be whole minutes in seconds, 60 to 86400.", code=USAGE
        )
    points = (end - start).total_seconds() / period_s
    if points > POINTS_MAX:
        wider = -(-int((end - start).total_seconds()) // (POINTS_MAX * 60)) * 60
        raise OpsError(
            f"That is {points:.0f} points; {POINTS_MAX} at most. Take --period {wider} or less time.",
            code=USAGE,
        )
    age = now - start
    for least_s, days in _KEPT:
        if period_s >= least_s and period_s % least_s == 0 and age <= dt.timedelta(days=days):
            return Window(start, end, period_s)
    kept = next((least_s for least_s, days in _KEPT if age <= dt.timedelta(days=days)), None)
    way_out = f"take a --period that is a multiple of {kept}" if kept else "it is kept for 455 days at most"
    raise OpsError(
        f"CloudWatch has no points of {period_s} s from {start:%Y-%m-%d} any more; {way_out}.", code=USAGE
    )


def metrics(cloudwatch: Any, *, window: Window, instance: str = DATABASE) -> list[dict[str, Any]]:
    """Each metric with its points, oldest first: least, mean, most and all of them. One request a page."""
    queries = [
        {
            "Id": f"m{number}",
            "MetricStat": {
                "Metric": {
                    "Namespace": "AWS/RDS",
                    "MetricName": name,
                    "Dimensions": [{"Name": "DBInstanceIdentifier", "Value": instance}],
                },
                "Period": window.period_s,
                "Stat": stat,
            },
        }
        for number, (name, stat, _, _) in enumerate(METRICS)
    ]
    found: dict[str, dict[dt.datetime, Any]] = {f"m{number}": {} for number in range(len(METRICS))}
    pages = cloudwatch.get_paginator("get_metric_data").paginate(
        MetricDataQueries=queries, StartTime=window.start, EndTime=window.end, ScanBy="TimestampAscending"
    )
    for page in pages:
        for one in page["MetricDataResults"]:
            found[one["Id"]].update(zip(one["Timestamps"], one["Values"], strict=True))
    return [_told(found[f"m{number}"], *metric) for number, metric in enumerate(METRICS)]


def metrics_lines(told: list[dict[str, Any]]) -> list[str]:
    """The same for people."""
    return [
        f"{one['metric']}: least {one['least']}, mean {one['mean']}, most {one['most']} {one['unit']} "
        f"({len(one['points'])} points)"
        if one["points"] else f"{one['metric']}: no points"
        for one in told
    ]  # fmt: skip


def snapshot_prepare(means: Means, *, rds: Any, name: str, instance: str = DATABASE) -> Prepared:
    """What a snapshot will do. name: '' for one with the moment in it. Raises OpsError where RDS would refuse it."""
    identifier = name or f"{instance}-{means.now().astimezone(dt.UTC):%Y-%m-%dt%H-%M-%S}z"
    if len(identifier) > 255 or not _SNAPSHOT.fullmatch(identifier) or identifier.startswith("rds-"):
        raise OpsError(
            f"{identifier!r} is no name of a snapshot: small letters, digits and single hyphens, a letter first.",
            code=USAGE,
        )
    state = _instance(rds, instance)["DBInstanceStatus"]
    if state != "available":
        raise OpsError(f"{instance} is {state}; a snapshot needs it available.")
    if _snapshot(rds, identifier):
        raise OpsError(f"There is a snapshot {identifier} already.")
    plan = Plan(
        f"Take the snapshot {identifier}",
        (
            f"have RDS take {identifier} of {instance}",
            f"wait until it can be used, {means.patience.limit_s:.0f} s at most",
        ),
        facts={"snapshot": identifier, "instance": instance},
    )

    def run() -> Mapping[str, Any]:
        tags = [{"Key": "MadeBy", "Value": "rupaya-ops"}]
        rds.create_db_snapshot(DBSnapshotIdentifier=identifier, DBInstanceIdentifier=instance, Tags=tags)

        with begun():
            made = _ended(means, rds, identifier)
        if made["Status"] != "available":
            raise OpsError(f"The snapshot {identifier} {made['Status']}.")
        return {"snapshot": identifier, "arn": made.get("DBSnapshotArn")}

    return Prepared(plan, run)


def _ended(means: Means, rds: Any, identifier: str) -> Mapping[str, Any]:
    """The snapshot as it is when RDS is done with it, well or not. Raises OpsError where that takes too long."""
    seen: Mapping[str, Any] = {}

    def look() -> tuple[bool, str]:
        nonlocal seen
        seen = _snapshot(rds, identifier) or {"Status": "unknown"}
        told = f"{identifier}: {seen['Status']}, {seen.get('PercentProgress', 0)} %"
        return seen["Status"] in _SNAPSHOT_ENDS, told

    what = f"The snapshot {identifier} (which goes on by itself)"
    wait_until(look, patience=means.patience, say=means.say, what=what)
    return seen


def _instance(rds: Any, instance: str) -> Mapping[str, Any]:
    try:
        found: Mapping[str, Any] = rds.describe_db_instances(DBInstanceIdentifier=instance)["DBInstances"][0]
    except rds.exceptions.DBInstanceNotFoundFault as error:
        raise OpsError(f"There is no database {instance}.") from error
    return found


def _snapshot(rds: Any, identifier: str) -> Mapping[str, Any] | None:
    try:
        found: Mapping[str, Any] = rds.describe_db_snapshots(DBSnapshotIdentifier=identifier)["DBSnapshots"][
            0
        ]
    except rds.exceptions.DBSnapshotNotFoundFault:
        return None
    return found


def _told(points: Mapping[dt.datetime, Any], name: str, stat: str, unit: str, divisor: int) -> dict[str, Any]:
    values = [round(points[at] / divisor, 4) for at in sorted(points)]
    return {
        "metric": name,
        "stat": stat,
        "unit": unit,
        "least": min(values, default=None),
        "mean": round(sum(values) / len(values), 4) if values else None,
        "most": max(values, default=None),
        "points": [
            {"at": f"{at:%Y-%m-%dT%H:%M:%SZ}", "value": value}
            for at, value in zip(sorted(points), values, strict=True)
        ],
    }
