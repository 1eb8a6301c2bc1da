"""Releases as ECS keeps them: what a revision is, which one to go back to, and how the next one reads. No AWS here.

What a revision *is* stands in its container's labels, which nobody can change later: version and migrations. What
became of it stands in its tags: when it proved healthy, when it was left again.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from rupaya.ops.plans import USAGE, OpsError

LABEL_VERSION: Final = "rupaya.version"
LABEL_MIGRATIONS: Final = "rupaya.migrations"
TAG_DEPLOYED: Final = "rupaya:deployed_at"
TAG_LEFT: Final = "rupaya:rolled_back_at"
TAG_MIGRATED: Final = "rupaya:migrated_at"
_VERSION_VARIABLE: Final = "APP_VERSION"
_ADDRESS_VARIABLE: Final = "API_BASE_URL"
_IMAGE: Final = re.compile(r"[\w][\w.:/-]{0,400}@sha256:[0-9a-f]{64}")
_VERSION: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,63}")
# What RegisterTaskDefinition takes of what DescribeTaskDefinition gives; a test compares it with botocore's model.
REGISTERED: Final = frozenset(
    {"family", "taskRoleArn", "executionRoleArn", "networkMode", "containerDefinitions", "volumes",
     "placementConstraints", "requiresCompatibilities", "cpu", "memory", "pidMode", "ipcMode", "proxyConfiguration",
     "inferenceAccelerators", "ephemeralStorage", "runtimePlatform", "trustedExecutionConfiguration",
     "enableFaultInjection"}
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Revision:
    """A revision of a task definition. `version` and `migrations` are '' where it was not released by `ops deploy`.

    The moments are ISO 8601 in UTC, so that they sort; '' where it never came to that.
    """

    arn: str
    family: str
    number: int
    is_active: bool
    image: str
    version: str
    migrations: str
    address: str
    deployed_at: str
    left_at: str
    migrated_at: str
    tags: tuple[Mapping[str, str], ...]
    definition: Mapping[str, Any]

    @property
    def name(self) -> str:
        """As people write it: family:number."""
        return f"{self.family}:{self.number}"

    @property
    def told(self) -> str:
        """The name, with its version where that is known."""
        return f"{self.name} ({self.version})" if self.version else self.name


def revision_read(
    definition: Mapping[str, Any], *, tags: Iterable[Mapping[str, str]], container: str
) -> Revision:
    """A revision from what ECS gives. Raises OpsError where it has no such container."""
    found = _container(definition, container)
    labels = found.get("dockerLabels") or {}
    variables = {one["name"]: one["value"] for one in found.get("environment") or ()}
    tagged = tuple(tags)
    marks = {tag["key"]: tag["value"] for tag in tagged}
    return Revision(
        arn=definition["taskDefinitionArn"],
        family=definition["family"],
        number=int(definition["revision"]),
        is_active=definition["status"] == "ACTIVE",
        image=found["image"],
        version=labels.get(LABEL_VERSION) or variables.get(_VERSION_VARIABLE, ""),
        migrations=labels.get(LABEL_MIGRATIONS, ""),
        address=variables.get(_ADDRESS_VARIABLE, ""),
        deployed_at=marks.get(TAG_DEPLOYED, ""),
        left_at=marks.get(TAG_LEFT, ""),
        migrated_at=marks.get(TAG_MIGRATED, ""),
        tags=tagged,
        definition=definition,
    )


def image_check(image: str) -> str:
    """The image, where its digest says exactly which it is; a tag means another one tomorrow. Raises OpsError."""
    if not _IMAGE.fullmatch(image):
        raise OpsError(
            f"{image!r} is no image by digest; name it like repository@sha256:<64 digits>.", code=USAGE
        )
    return image


def version_check(version: str) -> str:
    """The version, where it may be one. Raises OpsError."""
    if not _VERSION.fullmatch(version):
        raise OpsError(
            f"{version!r} is no version; it has letters, digits and . _ + - in it, 64 at most.", code=USAGE
        )
    return version


def definition_next(
    revision: Revision, *, container: str, image: str, version: str, migrations: str
) -> dict[str, Any]:
    """What to register: the revision with another image, and what that image is said beside it."""
    made = {key: value for key, value in revision.definition.items() if key in REGISTERED}
    made["containerDefinitions"] = [
        _released(one, image=image, version=version, migrations=migrations)
        if one["name"] == container
        else one
        for one in made["containerDefinitions"]
    ]
    return made


def target_choose(*, current: Revision, revisions: Iterable[Revision], number: int | None = None) -> Revision:
    """The revision to go back to: the last that proved healthy before the current one and is still there.

    number: that one, if it may be. Raises OpsError with what spoke against each of the newest five.
    """
    newest_first = sorted(revisions, key=lambda one: (one.deployed_at, one.number), reverse=True)
    if number is not None:
        return _named(number, current=current, revisions=newest_first)
    against = []
    for one in newest_first:
        objection = _objection(one, current=current)
        if not objection:
            return one
        against.append(f"{one.name} {objection}")
    reasons = "; ".join(against[:5]) or "there is no other"
    raise OpsError(f"There is no revision of {current.family} to go back to: {reasons}.")


def partner_choose(*, target: Revision, revisions: Iterable[Revision]) -> Revision:
    """The worker's revision of the same release as the web's. Raises OpsError: two releases side by side are none."""
    fitting = [
        one for one in revisions
        if one.is_active and one.deployed_at and one.image == target.image and one.version == target.version
    ]  # fmt: skip
    if not fitting:
        raise OpsError(
            f"No active revision of the worker runs the image of {target.told}; nothing was changed."
        )
    return max(fitting, key=lambda one: one.number)


def _objection(one: Revision, *, current: Revision) -> str:
    if one.arn == current.arn:
        return "is what runs"
    if not one.is_active:
        return "is not active any more: ECS would refuse it"
    if not one.deployed_at:
        return "never proved healthy"
    if one.left_at:
        return f"was left by a rollback on {one.left_at[:10]}"
    if current.deployed_at and one.deployed_at > current.deployed_at:
        return "came after the one that runs"
    if not _IMAGE.fullmatch(one.image):
        return "names its image by a tag, which may be any image by now"
    return ""


def _named(number: int, *, current: Revision, revisions: list[Revision]) -> Revision:
    for one in revisions:
        if one.number == number:
            if one.arn == current.arn:
                raise OpsError(f"{one.name} is what runs already.")
            if not one.is_active:
                raise OpsError(f"{one.name} is not active any more: ECS would refuse it.")
            image_check(one.image)
            return one
    raise OpsError(f"{current.family} has no active revision {number}.")


def _container(definition: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    for one in definition["containerDefinitions"]:
        if one["name"] == name:
            found: Mapping[str, Any] = one
            return found
    raise OpsError(f"{definition['family']}:{definition['revision']} has no container {name!r}.")


def _released(container: Mapping[str, Any], *, image: str, version: str, migrations: str) -> dict[str, Any]:
    variables = [one for one in container.get("environment") or () if one["name"] != _VERSION_VARIABLE]
    labels = {**(container.get("dockerLabels") or {}), LABEL_VERSION: version, LABEL_MIGRATIONS: migrations}
    environment = [*variables, {"name": _VERSION_VARIABLE, "value": version}]
    return {**container, "image": image, "environment": environment, "dockerLabels": labels}
