"""`manage.py limits`: what somebody has used of the request limits, for support; and forgetting it."""

from __future__ import annotations

import json
from ipaddress import ip_address
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.attempts import account_digest
from accounts.selectors import PersonNotFound, login_attempts, person_by_email, person_by_id
from accounts.services import attempts_clear
from rupaya.core.client import network_of
from rupaya.core.counting import CountingAway, labels_forget, labels_like
from rupaya.core.db import Actor, acting_as
from rupaya.core.limits import LOGIN, Usage, usage_count

_ACTOR = Actor(user_id=None, kind="command", user_agent="cli:limits")
_COUNTS_AGAIN = (
    "Redis does not answer: what it counted is not shown and not forgotten. Try again when it does."
)


class Command(BaseCommand):
    """For somebody who says that they can't go on: what is counted of them, and a fresh start."""

    help = "Show, or forget, what somebody has used of the request limits."

    def add_arguments(self, parser: CommandParser) -> None:
        """Will offer show and clear, for a person and an address."""
        parser.add_argument("action", choices=("show", "clear"))
        parser.add_argument("--email", help="who: requests, and attempts to sign in with this address")
        parser.add_argument("--user", type=UUID, help="the same by the person's id")
        parser.add_argument(
            "--address", help="an IP address: what came from it; beside --email only attempts from it"
        )
        parser.add_argument("--json", action="store_true", help="one JSON object on stdout and nothing else")
        parser.add_argument("--dry-run", action="store_true", help="with clear: say what it would forget")

    def handle(self, *args: Any, **options: Any) -> None:
        """Will show what is counted, and forget it where that is asked; exit 3 where Redis does not answer."""
        patterns = _patterns(email=options["email"], user_id=options["user"], address=options["address"])
        is_clearing = options["action"] == "clear" and not options["dry_run"]
        is_counting = True
        with acting_as(_ACTOR):
            usages = [usage for pattern in patterns for usage in _kept(pattern)]
            try:
                usages += [usage for pattern in patterns for usage in _counted(pattern)]
                if is_clearing:
                    labels_forget(patterns)
            except CountingAway:
                is_counting = False
            if is_clearing:
                for pattern in patterns:
                    attempts_clear(bucket_like=_like(pattern))
        self._tell(usages, is_json=options["json"], is_cleared=is_clearing and is_counting)
        if not is_counting:
            raise CommandError(_COUNTS_AGAIN, returncode=3)

    def _tell(self, usages: list[Usage], *, is_json: bool, is_cleared: bool) -> None:
        if is_json:
            self.stdout.write(
                json.dumps({"usages": [_told(usage) for usage in usages], "is_cleared": is_cleared})
            )
            return
        for usage in usages:
            self.stdout.write(
                f"{usage.name}: {usage.counted} of {usage.most}, for {usage.left_s} seconds more ({usage.who})"
            )
        if not usages:
            self.stdout.write("Nothing is counted.")
        elif is_cleared:
            self.stdout.write("All of it is forgotten.")


def _patterns(*, email: str | None, user_id: UUID | None, address: str | None) -> list[str]:
    """Globs of what is counted under; raises CommandError where nobody is named, or nobody is known so."""
    try:
        network = network_of(str(ip_address(address))) if address else ""
    except ValueError as error:
        raise CommandError(f"{address} is not an IP address.", returncode=2) from error
    person = person_by_email(email=email) if email else None
    if user_id:
        try:
            person = person_by_id(user_id=user_id)
        except PersonNotFound as error:
            raise CommandError(f"There is no person {user_id}.", returncode=1) from error
    patterns = [f"*:{person.pk}"] if person else []
    account = email or (person.email if person else "")
    if account:  # also where nobody has it: somebody may be trying it
        return [*patterns, f"{LOGIN}:{account_digest(account)}@{network or '*'}"]
    if network:
        return [f"*:{network}", f"{LOGIN}:*@{network}"]
    raise CommandError("Name somebody: --email, --user or --address.", returncode=2)


def _counted(pattern: str) -> list[Usage]:
    """What Redis counts, in order; raises CountingAway."""
    found = [label.partition(":") for label in labels_like(pattern)]
    usages = [
        usage_count(name=name, who=who, cost=0) for name, _, who in found if name in settings.RATE_LIMITS
    ]
    return [usage for usage in usages if usage.counted]


def _kept(pattern: str) -> list[Usage]:
    """What PostgreSQL counted while Redis was away, in order."""
    usages = []
    for one in login_attempts(bucket_like=_like(pattern)):
        name, _, who = one.bucket.partition(":")
        most, period_s = settings.RATE_LIMITS[name]
        usages.append(Usage(name, who, most, period_s, one.attempts, one.left_s))
    return usages


def _like(pattern: str) -> str:
    return pattern.replace("_", r"\_").replace("*", "%")


def _told(usage: Usage) -> dict[str, Any]:
    return {
        "limit": usage.name,
        "who": usage.who,
        "used": usage.counted,
        "most": usage.most,
        "left_s": usage.left_s,
    }
