"""`ops status`, `ops restart` and `ops scale`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from rupaya.ops.fleet import RUNNING, Fleet, Part
from rupaya.ops.plans import USAGE, OpsError, Plan, Prepared, begun
from rupaya.ops.rollout import Means, arrive

COUNT_MAX: Final = 50
_EVENTS_TOLD: Final = 3


def parts_named(name: str) -> tuple[Part, ...]:
    """web, worker, or all."""
    return RUNNING if name == "all" else tuple(part for part in RUNNING if part.container == name)


def status(fleet: Fleet) -> list[dict[str, Any]]:
    """Each service with what it runs, where it is going and what happened last; two requests each."""
    told = []
    for part in RUNNING:
        service = fleet.service(part)
        revision = fleet.revision(service.revision_arn, part)
        told.append(
            {
                "service": service.name,
                "revision": revision.name,
                "version": revision.version,
                "image": revision.image,
                "deployed_at": revision.deployed_at or None,
                "desired": service.desired,
                "running": service.running,
                "pending": service.pending,
                "rollout": service.primary.state or "COMPLETED",
                "deployments": len(service.deployments),
                "events": [{"at": at, "message": message} for at, message in service.events[:_EVENTS_TOLD]],
            }
        )
    return told


def status_lines(told: Sequence[Mapping[str, Any]]) -> list[str]:
    """The same for people."""
    lines = []
    for one in told:
        lines.append(
            f"{one['service']}: {one['running']} of {one['desired']} run, {one['pending']} are starting; "
            f"{one['revision']} ({one['version'] or 'version unknown'}), rollout {one['rollout'].lower()}"
        )
        lines += [f"  {event['at']} {event['message']}" for event in one["events"]]
    return lines


def restart_prepare(means: Means, *, parts: Sequence[Part]) -> Prepared:
    """What a restart will do: every task is replaced by one of the same revision, so of the same image."""
    services = {part: means.fleet.service(part) for part in parts}
    revisions = {part: means.fleet.revision(one.revision_arn, part) for part, one in services.items()}
    steps = [
        f"replace the {one.desired} tasks of {one.name}, on {revisions[part].told}"
        for part, one in services.items()
    ]
    names = " and ".join(part.service for part in parts)
    plan = Plan(
        f"Restart {names}",
        (*steps, f"wait until all have arrived, {means.patience.limit_s:.0f} s at most"),
        f"Every task of {names} is replaced.",
        {"revisions": {part.service: one.name for part, one in revisions.items()}},
    )

    def run() -> Mapping[str, Any]:
        first, *others = parts
        going = [(first, means.fleet.restart(first))]
        with begun():
            going += [(part, means.fleet.restart(part)) for part in others]
            arrive(means, going)
        return {"restarted": [part.service for part in parts]}

    return Prepared(plan, run)


def scale_prepare(means: Means, *, scaling: Any, part: Part, count: int) -> Prepared:
    """What scaling will do. Raises OpsError outside of what automatic scaling would leave as it is.

    0 stops a service whatever that is: a service without tasks has no load, and nothing scales it out.
    """
    if not 0 <= count <= COUNT_MAX:
        raise OpsError(f"--count is {count}; it must be from 0 to {COUNT_MAX}.", code=USAGE)
    service = means.fleet.service(part)
    if count:
        _range_check(means, scaling=scaling, part=part, count=count)
    harm = ""
    if count == 0:
        harm = (
            f"{part.service} stops: nobody is served."
            if part.container == "web"
            else f"{part.service} stops."
        )
    elif count < service.desired:
        harm = f"{service.desired - count} tasks of {part.service} end."
    plan = Plan(
        f"Scale {part.service} from {service.desired} to {count}",
        (f"have {count} tasks", f"wait until they run, {means.patience.limit_s:.0f} s at most"),
        harm,
        {"from": service.desired, "to": count},
    )

    def run() -> Mapping[str, Any]:
        going = [(part, means.fleet.scale(part, count))]
        with begun():
            arrive(means, going)
        return {"service": part.service, "count": count}

    return Prepared(plan, run)


def _range_check(means: Means, *, scaling: Any, part: Part, count: int) -> None:
    resource = f"service/{means.fleet.cluster}/{part.service}"
    answer = scaling.describe_scalable_targets(ServiceNamespace="ecs", ResourceIds=[resource])
    for target in answer["ScalableTargets"]:
        least, most = target["MinCapacity"], target["MaxCapacity"]
        if not least <= count <= most:
            raise OpsError(
                f"{part.service} scales by itself from {least} to {most} tasks and would undo {count}; "
                "change that range first."
            )
