"""The service on ECS, through boto3: everything that asks or changes it. What AWS refuses and a stand-in accepts is
checked here and in `releases`, before anything is asked to change.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import boto3
from botocore.config import Config

from rupaya.ops.plans import OpsError
from rupaya.ops.releases import Revision, revision_read

NAME: Final = "rupaya"
CLUSTER: Final = f"{NAME}-cluster"
DATABASE: Final = f"{NAME}-db"
REVISIONS_MAX: Final = 25  # that are looked at, newest first; each is one request
_CONFIG: Final = Config(
    connect_timeout=5, read_timeout=30, retries={"mode": "standard", "total_max_attempts": 5}
)


@dataclass(frozen=True, slots=True)
class Part:
    """One of the things that a release consists of: its container, its task definitions, and its service."""

    container: str
    family: str
    service: str = ""


WEB: Final = Part("web", f"{NAME}-backend", f"{NAME}-service")
WORKER: Final = Part("worker", f"{NAME}-worker", f"{NAME}-worker")
MIGRATE: Final = Part("migrate", f"{NAME}-migrate")
RUNNING: Final = (WEB, WORKER)


@dataclass(frozen=True, slots=True)
class Deployment:
    """A service on its way to a revision."""

    id: str
    is_primary: bool
    revision_arn: str
    desired: int
    running: int
    failed: int
    state: str
    reason: str


@dataclass(frozen=True, slots=True)
class Service:
    """A service as ECS sees it now."""

    name: str
    revision_arn: str
    desired: int
    running: int
    pending: int
    has_shell: bool
    network: Mapping[str, Any]
    deployments: tuple[Deployment, ...]
    events: tuple[tuple[str, str], ...]  # when and what, newest first

    @property
    def primary(self) -> Deployment:
        """The deployment that it goes to. Raises OpsError where it has none."""
        for one in self.deployments:
            if one.is_primary:
                return one
        raise OpsError(f"{self.name} has no deployment of its own; is it an ECS rolling service?")


@dataclass(frozen=True, slots=True)
class Task:
    """A task: `exit_code` and `reason` once it has stopped."""

    arn: str
    state: str
    exit_code: int | None
    reason: str

    @property
    def id(self) -> str:
        """The last part of its ARN; its log stream ends in it."""
        return self.arn.rpartition("/")[2]


def client_make(name: str, *, region: str) -> Any:
    """A client of an AWS service, which gives up after seconds, not minutes."""
    return boto3.client(name, region_name=region, config=_CONFIG)  # type: ignore[call-overload]  # any service


@dataclass(frozen=True, slots=True)
class Fleet:
    """ECS, of one region and cluster. Methods raise OpsError for what can't be, and botocore's errors for the rest."""

    ecs: Any
    cluster: str = CLUSTER

    def service(self, part: Part) -> Service:
        """A service that is there and follows ECS's own rolling deployments."""
        answer = self.ecs.describe_services(cluster=self.cluster, services=[part.service])
        found = [one for one in answer["services"] if one["status"] == "ACTIVE"]
        if not found:
            raise OpsError(f"There is no active service {part.service} in {self.cluster}.")
        controller = found[0].get("deploymentController", {}).get("type", "ECS")
        if controller != "ECS":
            raise OpsError(
                f"{part.service} is deployed by {controller}; only ECS's own deployments are known here."
            )
        return _service(found[0])

    def revision(self, reference: str, part: Part) -> Revision:
        """A revision by its ARN, or the newest active one of a family."""
        answer = self.ecs.describe_task_definition(taskDefinition=reference, include=["TAGS"])
        return revision_read(answer["taskDefinition"], tags=answer.get("tags", ()), container=part.container)

    def revisions(self, part: Part) -> list[Revision]:
        """The newest 25 active revisions, newest first; one request each."""
        answer = self.ecs.list_task_definitions(
            familyPrefix=part.family, status="ACTIVE", sort="DESC", maxResults=REVISIONS_MAX
        )
        # A prefix finds other families too: rupaya-worker also finds rupaya-worker-two.
        own = [arn for arn in answer["taskDefinitionArns"] if f"/{part.family}:" in arn]
        return [self.revision(arn, part) for arn in own]

    def register(self, definition: Mapping[str, Any], part: Part, *, like: Revision) -> Revision:
        """A new revision. It is tagged as the one that it was made from, but for what became of that."""
        kept = [tag for tag in like.tags if not tag["key"].startswith(("aws:", "rupaya:"))]
        answer = self.ecs.register_task_definition(**definition, **({"tags": kept} if kept else {}))
        return revision_read(answer["taskDefinition"], tags=kept, container=part.container)

    def tag(self, revision: Revision, key: str, value: str) -> None:
        """Will note what became of a revision."""
        self.ecs.tag_resource(resourceArn=revision.arn, tags=[{"key": key, "value": value}])

    def move(self, part: Part, revision: Revision) -> Deployment:
        """Will have a service go to a revision; returns the deployment. A revision that ECS would refuse is refused."""
        if not revision.is_active:
            raise OpsError(f"{revision.name} is not active: ECS would refuse it.")
        return self._update(part, taskDefinition=revision.arn)

    def restart(self, part: Part) -> Deployment:
        """Will replace every task by one of the same revision."""
        return self._update(part, forceNewDeployment=True)

    def scale(self, part: Part, count: int) -> Deployment:
        """Will have so many tasks."""
        return self._update(part, desiredCount=count)

    def run_once(self, revision: Revision, part: Part, *, like: Service, command: list[str] | None) -> Task:
        """Will start one task of its own in the network of a service. Raises OpsError where ECS had no room for it."""
        container: dict[str, Any] = {"name": part.container, **({"command": command} if command else {})}
        answer = self.ecs.run_task(
            cluster=self.cluster, taskDefinition=revision.arn, launchType="FARGATE", count=1, startedBy=f"{NAME}-ops",
            networkConfiguration=like.network, overrides={"containerOverrides": [container]},
        )  # fmt: skip
        if not answer["tasks"]:
            reasons = "; ".join(one.get("reason", "unknown") for one in answer.get("failures", ()))
            raise OpsError(f"ECS did not start {revision.name}: {reasons or 'it did not say why'}.")
        return _task(answer["tasks"][0], part)

    def task(self, arn: str, part: Part) -> Task:
        """A task as it is now. ECS forgets it an hour after it has stopped."""
        answer = self.ecs.describe_tasks(cluster=self.cluster, tasks=[arn])
        if not answer["tasks"]:
            raise OpsError(f"ECS does not know the task {arn.rpartition('/')[2]} any more.")
        return _task(answer["tasks"][0], part)

    def running(self, part: Part) -> list[Mapping[str, Any]]:
        """The running tasks of a service, as ECS describes them; a hundred at most."""
        arns = self.ecs.list_tasks(cluster=self.cluster, serviceName=part.service, desiredStatus="RUNNING")[
            "taskArns"
        ]
        if not arns:
            return []
        tasks: list[Mapping[str, Any]] = self.ecs.describe_tasks(cluster=self.cluster, tasks=arns)["tasks"]
        return [one for one in tasks if one.get("lastStatus") == "RUNNING"]

    def _update(self, part: Part, **change: Any) -> Deployment:
        answer = self.ecs.update_service(cluster=self.cluster, service=part.service, **change)
        return _service(answer["service"]).primary


def arrival(service: Service, *, wanted: Deployment) -> tuple[bool, str]:
    """Whether a service has arrived where a deployment was to bring it, and a sentence about now.

    Raises OpsError where it never will: it failed, or another took its place, as ECS's circuit breaker has it.
    """
    ours = next((one for one in service.deployments if one.id == wanted.id), None)
    if ours is None or not ours.is_primary or ours.state == "FAILED":
        why = f": {ours.reason}" if ours and ours.reason else ""
        happened = f" Last event: {service.events[0][1]}" if service.events else ""
        raise OpsError(f"{service.name} gave up the deployment{why}.{happened}")
    others = sum(one.running for one in service.deployments if one.id != wanted.id)
    is_done = (
        ours.state in {"COMPLETED", ""} and others == 0 and len(service.deployments) == 1
        and ours.running == ours.desired == service.desired
    )  # fmt: skip
    failed = f", {ours.failed} failed" if ours.failed else ""
    leaving = f", {others} leaving" if others else ""
    return is_done, f"{service.name}: {ours.running} of {ours.desired} run{leaving}{failed}"


def arrivals(services: Iterable[tuple[Service, Deployment]]) -> tuple[bool, str]:
    """The same of several."""
    seen = [arrival(service, wanted=wanted) for service, wanted in services]
    return all(is_done for is_done, _ in seen), "; ".join(sentence for _, sentence in seen)


def _service(found: Mapping[str, Any]) -> Service:
    return Service(
        name=found["serviceName"],
        revision_arn=found["taskDefinition"],
        desired=found["desiredCount"],
        running=found["runningCount"],
        pending=found["pendingCount"],
        has_shell=bool(found.get("enableExecuteCommand")),
        network=found.get("networkConfiguration", {}),
        deployments=tuple(_deployment(one) for one in found.get("deployments", ())),
        events=tuple(
            (f"{one['createdAt']:%Y-%m-%dT%H:%M:%S%z}", one["message"]) for one in found.get("events", ())
        ),
    )


def _deployment(found: Mapping[str, Any]) -> Deployment:
    return Deployment(
        id=found["id"],
        is_primary=found["status"] == "PRIMARY",
        revision_arn=found["taskDefinition"],
        desired=found["desiredCount"],
        running=found["runningCount"],
        failed=found.get("failedTasks", 0),
        state=found.get("rolloutState", ""),
        reason=found.get("rolloutStateReason", ""),
    )


def _task(found: Mapping[str, Any], part: Part) -> Task:
    codes = [one.get("exitCode") for one in found.get("containers", ()) if one.get("name") == part.container]
    return Task(
        arn=found["taskArn"],
        state=found.get("lastStatus", ""),
        exit_code=codes[0] if codes else None,
        reason=found.get("stoppedReason", ""),
    )
