"""`ops shell`: a shell in a running task, through SSM; what is typed and seen is kept in its log."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable, Mapping
from typing import Any, Final

from rupaya.ops.fleet import Fleet, Part
from rupaya.ops.plans import OpsError, Plan, Prepared

PLUGIN: Final = "session-manager-plugin"


def shell_prepare(
    fleet: Fleet, *, part: Part, task: str, command: str, region: str,
    which: Callable[[str], str | None] = shutil.which, call: Callable[[list[str]], int] = subprocess.call,
) -> Prepared:  # fmt: skip
    """What a shell will do. task: its id; '' takes any. Raises OpsError where none can be opened."""
    plugin = which(PLUGIN)
    if not plugin:
        raise OpsError(f"{PLUGIN} is not installed: AWS's Session Manager plugin carries the shell.")
    if not fleet.service(part).has_shell:
        raise OpsError(f"{part.service} was made without enableExecuteCommand; its tasks take no shell.")
    arn = _task_with_agent(fleet, part=part, task=task)
    plan = Plan(
        f"Open a shell in {part.container}",
        (f"run {command} in the task {arn.rpartition('/')[2]}",),
        "It is the running service: what is changed there is changed for customers, and the session is logged.",
        {"task": arn, "command": command},
    )

    def run() -> Mapping[str, Any]:
        answer = fleet.ecs.execute_command(
            cluster=fleet.cluster, task=arn, container=part.container, command=command, interactive=True
        )
        session = {key: answer["session"][key] for key in ("sessionId", "streamUrl", "tokenValue")}
        wire = {
            "SessionId": session["sessionId"],
            "StreamUrl": session["streamUrl"],
            "TokenValue": session["tokenValue"],
        }
        code = call([plugin, json.dumps(wire), region, "StartSession"])
        if code:
            raise OpsError(f"{PLUGIN} ended with exit code {code}.")
        return {"task": arn}

    return Prepared(plan, run)


def _task_with_agent(fleet: Fleet, *, part: Part, task: str) -> str:
    tasks = fleet.running(part)
    wanted = [one for one in tasks if not task or one["taskArn"].endswith(f"/{task}")]
    if not wanted:
        raise OpsError(f"{part.service} runs no task {task}." if task else f"{part.service} runs no task.")
    for one in wanted:
        if any(_has_agent(container, part) for container in one.get("containers", ())):
            arn: str = one["taskArn"]
            return arn
    raise OpsError(
        "The agent that carries a shell does not run in it (yet); wait a minute, or restart the service."
    )


def _has_agent(container: Mapping[str, Any], part: Part) -> bool:
    return container.get("name") == part.container and any(
        agent.get("name") == "ExecuteCommandAgent" and agent.get("lastStatus") == "RUNNING"
        for agent in container.get("managedAgents", ())
    )
