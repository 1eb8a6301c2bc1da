"""An ECS that keeps AWS's rules where moto does not: inactive revisions are refused, tasks take time, and a revision
that does not start is taken back by the circuit breaker. Its clock is the one that waits are given.
"""

from __future__ import annotations

import copy
import datetime as dt
import itertools
import re

from botocore.exceptions import ClientError

from rupaya.ops.fleet import MIGRATE, RUNNING, WEB, WORKER, Fleet
from rupaya.ops.releases import LABEL_MIGRATIONS, LABEL_VERSION, TAG_DEPLOYED, TAG_MIGRATED
from rupaya.ops.rollout import Means
from rupaya.ops.schema import graph_of_code, label_of
from rupaya.ops.smoke import Health
from rupaya.ops.waiting import Patience

REGION = "ap-south-1"
REPOSITORY = "123456789012.dkr.ecr.ap-south-1.amazonaws.com/rupaya"
NOW = dt.datetime(2026, 11, 23, 10, 0, tzinfo=dt.UTC)
STARTS_S, BREAKS_S, MIGRATES_S = 40, 90, 30
GRAPH = graph_of_code()
LABEL = label_of(GRAPH)


def image(digit):
    return f"{REPOSITORY}@sha256:{digit * 64}"


def refusal(operation, message, code="ClientException"):
    return ClientError({"Error": {"Code": code, "Message": message}}, operation)


class Time:
    """A clock that moves when somebody sleeps."""

    def __init__(self):
        self.seconds = 0.0

    def monotonic(self):
        return self.seconds

    def sleep(self, seconds):
        self.seconds += seconds

    def patience(self, limit_s=600):
        return Patience(limit_s, 5, self.monotonic, self.sleep)

    def now(self):
        return NOW + dt.timedelta(seconds=self.seconds)


class Ecs:
    """The few calls that `Fleet` makes."""

    def __init__(self, time):
        self.time = time
        self.definitions = {}  # by ARN: the definition and its tags
        self.services = {}  # by name: a list of deployments, newest first
        self.tasks = {}
        self.broken = set()  # images whose tasks never become healthy
        self.exit_code = 0
        self.calls = []
        self._ids = itertools.count(1)

    def register_task_definition(self, *, tags=(), **definition):
        family = definition["family"]
        number = 1 + sum(1 for arn in self.definitions if f"/{family}:" in arn)
        arn = f"arn:aws:ecs:{REGION}:123456789012:task-definition/{family}:{number}"
        made = {**copy.deepcopy(definition), "taskDefinitionArn": arn, "revision": number, "status": "ACTIVE",
                "registeredAt": self.time.now(), "registeredBy": "x", "compatibilities": ["FARGATE"]}  # fmt: skip
        self.definitions[arn] = (made, {tag["key"]: tag["value"] for tag in tags})
        return {"taskDefinition": made}

    def describe_task_definition(self, *, taskDefinition, include):  # noqa: N803  # botocore's name
        definition, tags = self.definitions[self._arn(taskDefinition)]
        return {"taskDefinition": definition, "tags": [{"key": key, "value": tags[key]} for key in tags]}

    def list_task_definitions(self, *, familyPrefix, status, sort, maxResults):  # noqa: N803
        found = [arn for arn, (one, _) in self.definitions.items()
                 if one["family"].startswith(familyPrefix) and one["status"] == status]  # fmt: skip
        found.sort(key=lambda arn: self.definitions[arn][0]["revision"], reverse=sort == "DESC")
        return {"taskDefinitionArns": found[:maxResults]}

    def tag_resource(self, *, resourceArn, tags):  # noqa: N803
        self.definitions[resourceArn][1].update({tag["key"]: tag["value"] for tag in tags})

    def deregister(self, arn):
        self.definitions[arn][0]["status"] = "INACTIVE"

    def service_make(self, name, arn, desired=2):
        self.services[name] = [self._deployment(arn, desired) | {"arrives": 0}]

    def update_service(self, *, cluster, service, taskDefinition=None, **more):  # noqa: N803
        desired, is_forced = more.get("desiredCount"), more.get("forceNewDeployment", False)
        self.calls.append((service, taskDefinition, is_forced, desired))
        deployments = self.services[service]
        if desired is not None:
            deployments[0]["desiredCount"] = desired
            deployments[0]["arrives"] = self.time.seconds + STARTS_S
        if taskDefinition is not None and not re.search(r"/[\w-]+:\d+\Z", taskDefinition):
            raise refusal("UpdateService", "Unable to describe task definition.")
        if taskDefinition is not None and self.definitions[taskDefinition][0]["status"] != "ACTIVE":
            raise refusal("UpdateService", "TaskDefinition is inactive")
        if taskDefinition is not None or is_forced:
            arn = taskDefinition or deployments[0]["taskDefinition"]
            deployments.insert(0, self._deployment(arn, deployments[0]["desiredCount"]))
        return {"service": self._described(service)}

    def describe_services(self, *, cluster, services):
        return {"services": [self._described(name) for name in services if name in self.services]}

    def run_task(self, **asked):
        arn = f"arn:aws:ecs:{REGION}:123456789012:task/rupaya-cluster/{next(self._ids):032x}"
        self.tasks[arn] = {**asked, "stops": self.time.seconds + MIGRATES_S}
        return {"tasks": [{"taskArn": arn, "lastStatus": "PROVISIONING", "containers": []}], "failures": []}

    def describe_tasks(self, *, cluster, tasks):
        if tasks[0] not in self.tasks:
            return {"tasks": []}
        is_over = self.time.seconds >= self.tasks[tasks[0]]["stops"]
        container = {"name": "migrate", **({"exitCode": self.exit_code} if is_over else {})}
        reason = {"stoppedReason": "Essential container in task exited"} if is_over else {}
        return {"tasks": [{"taskArn": tasks[0], "lastStatus": "STOPPED" if is_over else "RUNNING",
                           "containers": [container], **reason}]}  # fmt: skip

    def runs(self, name):
        """The definition that a service's tasks run now."""
        return self.definitions[self._described(name)["taskDefinition"]][0]

    def tags_of(self, arn):
        return self.definitions[arn][1]

    def _arn(self, reference):
        if reference in self.definitions:
            return reference
        active = [arn for arn, (one, _) in self.definitions.items()
                  if one["family"] == reference and one["status"] == "ACTIVE"]  # fmt: skip
        if not active:
            raise refusal("DescribeTaskDefinition", "Unable to describe task definition.")
        return active[-1]

    def _deployment(self, arn, desired):
        return {"id": f"ecs-svc/{next(self._ids)}", "taskDefinition": arn, "desiredCount": desired,
                "arrives": self.time.seconds + STARTS_S, "breaks": self.time.seconds + BREAKS_S}  # fmt: skip

    def _described(self, name):
        deployments = self.services[name]
        events = []
        head = deployments[0]
        if self.definitions[head["taskDefinition"]][0]["containerDefinitions"][0]["image"] in self.broken:
            if self.time.seconds >= head["breaks"]:  # the circuit breaker puts the one before back
                deployments[:] = [self._deployment(deployments[1]["taskDefinition"], head["desiredCount"])]
                events = [{"createdAt": self.time.now(), "message": "(service) rolling back to deployment."}]
        elif self.time.seconds >= head["arrives"]:
            del deployments[1:]
        told = []
        for number, one in enumerate(deployments):
            is_here = self.time.seconds >= one["arrives"] and len(deployments) == 1
            running = one["desiredCount"] if is_here or number else 0
            told.append({**one, "status": "ACTIVE" if number else "PRIMARY", "runningCount": running, "failedTasks": 0,
                         "rolloutState": "COMPLETED" if is_here else "IN_PROGRESS"})  # fmt: skip
        return {"serviceName": name, "status": "ACTIVE", "taskDefinition": told[0]["taskDefinition"],
                "desiredCount": told[0]["desiredCount"], "runningCount": sum(one["runningCount"] for one in told),
                "pendingCount": 0, "enableExecuteCommand": True, "networkConfiguration": {"awsvpcConfiguration": {}},
                "deploymentController": {"type": "ECS"}, "deployments": told, "events": events}  # fmt: skip


class Logs:
    """No log at all."""

    class exceptions:  # noqa: N801  # as a client of boto3 has it
        ClientError = ClientError

    def get_log_events(self, **asked):
        self.asked = asked
        return {"events": [{"message": "Applying ledger.0031… OK"}]}


class World:
    """A service on AWS with its past, and what an action is given to work on it."""

    def __init__(self):
        self.time = Time()
        self.ecs = Ecs(self.time)
        self.logs = Logs()
        self.said: list[str] = []
        self.means = Means(Fleet(self.ecs), self.time.patience(), self.said.append, self.time.now, self.ask)
        self.healths = []  # answers that come before the true ones

    def ask(self, address):
        if self.healths:
            return self.healths.pop(0)
        variables = self.ecs.runs("rupaya-service")["containerDefinitions"][0]["environment"]
        return Health(200, "ok", {one["name"]: one["value"] for one in variables}["APP_VERSION"], "")

    def release(self, version, digit, *, day, migrations=LABEL, parts=RUNNING):
        """Revisions of web and worker that proved healthy on that day; they run."""
        for part in parts:
            arn = self.register(part, version, image(digit), migrations)
            self.ecs.tag_resource(
                resourceArn=arn, tags=[{"key": TAG_DEPLOYED, "value": f"2026-11-{day:02d}T10:00:00Z"}]
            )
            self.ecs.service_make(part.service, arn)

    def register(self, part, version, name, migrations=LABEL):
        container = {
            "name": part.container, "image": name, "essential": True,
            "environment": [{"name": "APP_VERSION", "value": version},
                            {"name": "API_BASE_URL", "value": "https://api.rupaya.com/v1"}],
            "dockerLabels": {LABEL_VERSION: version, LABEL_MIGRATIONS: migrations} if migrations else {},
            "logConfiguration": {"logDriver": "awslogs", "options": {
                "awslogs-group": f"/ecs/{part.family}", "awslogs-stream-prefix": part.container}},
        }  # fmt: skip
        made = self.ecs.register_task_definition(
            family=part.family, containerDefinitions=[container], cpu="256", memory="512", networkMode="awsvpc",
            requiresCompatibilities=["FARGATE"], tags=[{"key": "Project", "value": "rupaya"}],
        )  # fmt: skip
        return made["taskDefinition"]["taskDefinitionArn"]

    def migrated(self, migrations=LABEL, *, day=20):
        """A migration that went well on that day."""
        arn = self.register(MIGRATE, "1", image("1"), migrations)
        self.ecs.tag_resource(
            resourceArn=arn, tags=[{"key": TAG_MIGRATED, "value": f"2026-11-{day:02d}T09:00:00Z"}]
        )

    def arn(self, part, number):
        return f"arn:aws:ecs:{REGION}:123456789012:task-definition/{part.family}:{number}"

    def running(self):
        """The revisions of web and worker."""
        return tuple(self.ecs.runs(part.service)["revision"] for part in (WEB, WORKER))
