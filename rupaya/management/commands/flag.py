"""`manage.py flag`: who has which feature, and turning it on and off."""

from __future__ import annotations

import getpass
import json
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.models import User
from accounts.selectors import PersonNotFound, person_by_email, person_by_id
from flags import services
from flags.evaluation import evaluate
from flags.models import FlagChange
from flags.registry import DECLARED
from flags.rules import FOR_DEFAULT_S, duration_read, instant_read, percent_read
from flags.selectors import FlagState, flag_history, flag_state, flags_listed, flags_stale
from rupaya.core import clock
from rupaya.core.clock import INDIA
from rupaya.core.db import Actor, acting_as, undo
from rupaya.core.errors import DomainError, Invalid

Lines = Callable[[dict[str, Any]], list[str]]
_PEOPLE_MAX: Final = 500  # in one command


class Command(BaseCommand):
    """Looks at flags and changes them; each change says why."""

    help = "Show feature flags, and turn them on and off: for everybody, or for some."

    def add_arguments(self, parser: CommandParser) -> None:
        """Will offer one word for each wish."""
        words = parser.add_subparsers(dest="word", required=True, metavar="WORD")

        def word(name: str, text: str, *, is_change: bool = True, is_about_one: bool = True) -> Any:
            one = words.add_parser(name, help=text, description=text)
            if is_about_one:
                one.add_argument("name", help="the flag")
            if is_change:
                one.add_argument("--reason", help="why; asked for at a terminal")
                one.add_argument(
                    "--dry-run", action="store_true", help="say what it would be; nothing is saved"
                )
            one.add_argument("--json", action="store_true", help="one JSON object on stdout and nothing else")
            return one

        word("list", "all flags, and whom they are on for", is_change=False, is_about_one=False)
        one = word(
            "show", "one flag and its last changes; what it says for a person, and why", is_change=False
        )
        _person_ask(one)
        one = word("on", "on for everyone; for a time with --for")
        one.add_argument(
            "--for", dest="for_time", nargs="?", const=str(FOR_DEFAULT_S), metavar="TIME",
            help="then off: 3600, 90m, 1h, 2d; an hour where no time is given",
        )  # fmt: skip
        word("off", "off for everyone, at once")
        word("resume", "back to the audience that it had before it was turned on or off for everyone")
        one = word("user", "on for people, by their e-mail addresses or ids")
        one.add_argument("people", nargs="+", metavar="PERSON")
        one.add_argument("--remove", action="store_true", help="list them no more")
        one = word("group", "on for groups of people")
        one.add_argument("groups", nargs="+", metavar="GROUP")
        one.add_argument("--remove", action="store_true", help="list them no more")
        one = word("staff", "on for staff")
        one.add_argument("--remove", action="store_true", help="not for staff as such")
        one = word("percent", "on for a percentage of people, always the same ones")
        one.add_argument("percent", help="0 to 100, two decimals at most")
        one = word("schedule", "on from and until an instant; for everyone where it has no audience")
        one.add_argument("--from", dest="starts", metavar="WHEN", help="2026-12-01T09:30, in India's time")
        one.add_argument("--to", dest="ends", metavar="WHEN", help="the same; off from then on")
        word("remove", "forget a flag that no code asks for")
        word(
            "stale",
            "what should be looked after; exit 1 where there is any",
            is_change=False,
            is_about_one=False,
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Will do it; exit 1 where it can't be done or `stale` finds any, 2 where it was said wrongly."""
        try:
            if options["word"] in {"list", "show", "stale"}:
                self._look(options)
            else:
                self._change(options)
        except DomainError as error:
            raise CommandError(error.message, returncode=2 if isinstance(error, Invalid) else 1) from error

    def _look(self, options: dict[str, Any]) -> None:
        with acting_as(_actor()):
            if options["word"] == "list":
                self._tell({"flags": [_told(state) for state in flags_listed()]}, _list_lines, options)
            elif options["word"] == "show":
                self._show(options)
            else:
                self._stale(options)

    def _show(self, options: dict[str, Any]) -> None:
        told = _told(_state(options["name"]))
        told["changes"] = [_change_told(change) for change in flag_history(name=options["name"])]
        who = options["email"] or options["user"]
        if who:
            said = evaluate(options["name"], user=_person(str(who)), is_use=False)
            told["says"] = {"value": said.value, "reason": said.reason.value, "detail": said.detail}
        self._tell(told, _show_lines, options)

    def _stale(self, options: dict[str, Any]) -> None:
        now = clock.now()
        found = flags_stale(now=now, today=clock.today())
        told = [{"name": one.name, "problem": one.problem, "sentence": one.sentence} for one in found]
        self._tell({"findings": told}, _stale_lines, options)
        if found:
            raise CommandError(f"{len(found)} to look after.", returncode=1)

    def _change(self, options: dict[str, Any]) -> None:
        change = _CHANGES[options["word"]]
        reason = _reason(options)
        with acting_as(_actor()):
            change(options, reason)
            state = flag_state(name=options["name"])
            if options["dry_run"]:
                undo()
        told = _told(state) if state else {"name": options["name"], "is_removed": True}
        self._tell({**told, "is_dry_run": options["dry_run"]}, _changed_lines, options)
        if options["dry_run"]:
            self.stderr.write("Nothing was saved. Run it again without --dry-run.")

    def _tell(self, told: dict[str, Any], lines: Lines, options: dict[str, Any]) -> None:
        for line in [json.dumps(told)] if options["json"] else lines(told):
            self.stdout.write(line)


def _person_ask(parser: Any) -> None:
    who = parser.add_mutually_exclusive_group()
    who.add_argument("--email", help="a person, by e-mail address")
    who.add_argument("--user", type=UUID, help="a person, by id")


def _actor() -> Actor:
    login = ""
    with suppress(OSError, KeyError):  # where the machine knows no names
        login = f" by {getpass.getuser()}"
    return Actor(user_id=None, kind="command", user_agent=f"cli:flag{login}")


def _reason(options: dict[str, Any]) -> str:
    """Why, as given or as said at the terminal; raises CommandError where nobody can be asked."""
    if options["reason"] is not None:
        return str(options["reason"])
    if not sys.stdin.isatty():
        raise CommandError("Say why: --reason '…'. It is kept with the change.", returncode=2)
    return input("Why? ")


def _person(text: str) -> User:
    """Whoever has this address or id; raises PersonNotFound."""
    with suppress(ValueError):
        return person_by_id(user_id=UUID(text))
    person = person_by_email(email=text)
    if person is None:
        raise PersonNotFound(f"Nobody has the address {text}.")
    return person


def _state(name: str) -> FlagState:
    state = flag_state(name=name)
    if state is None:
        known = [state.name for state in flags_listed()]
        raise services.FlagNotFound(f"There is no flag “{name}”.{services.suggestion(name, known)}")
    return state


def _on(options: dict[str, Any], reason: str) -> None:
    for_s = duration_read(options["for_time"]) if options["for_time"] is not None else None
    services.flag_on(name=options["name"], reason=reason, now=clock.now(), for_s=for_s)


def _off(options: dict[str, Any], reason: str) -> None:
    services.flag_off(name=options["name"], reason=reason)


def _resume(options: dict[str, Any], reason: str) -> None:
    services.flag_resume(name=options["name"], reason=reason)


def _user(options: dict[str, Any], reason: str) -> None:
    if len(options["people"]) > _PEOPLE_MAX:
        raise CommandError(f"At most {_PEOPLE_MAX} people at once; a group takes more.", returncode=2)
    ids = [_person(text).pk for text in options["people"]]
    is_listed = not options["remove"]
    services.flag_users_set(
        name=options["name"], user_ids=ids, is_listed=is_listed, reason=reason, now=clock.now()
    )


def _group(options: dict[str, Any], reason: str) -> None:
    groups, is_listed = options["groups"], not options["remove"]
    services.flag_groups_set(
        name=options["name"], groups=groups, is_listed=is_listed, reason=reason, now=clock.now()
    )


def _staff(options: dict[str, Any], reason: str) -> None:
    is_for_staff = not options["remove"]
    services.flag_staff_set(name=options["name"], is_for_staff=is_for_staff, reason=reason, now=clock.now())


def _percent(options: dict[str, Any], reason: str) -> None:
    percent = percent_read(options["percent"])
    services.flag_percent_set(name=options["name"], percent=percent, reason=reason, now=clock.now())


def _schedule(options: dict[str, Any], reason: str) -> None:
    if options["starts"] is None and options["ends"] is None:
        raise CommandError("Say when: --from, --to, or both.", returncode=2)
    starts_at, expires_at = (
        instant_read(text) if text else None for text in (options["starts"], options["ends"])
    )
    services.flag_schedule(
        name=options["name"], starts_at=starts_at, expires_at=expires_at, reason=reason, now=clock.now()
    )


def _remove(options: dict[str, Any], reason: str) -> None:
    services.flag_remove(name=options["name"], reason=reason)


_CHANGES: Final[dict[str, Callable[[dict[str, Any], str], None]]] = {
    "on": _on,
    "off": _off,
    "resume": _resume,
    "user": _user,
    "group": _group,
    "staff": _staff,
    "percent": _percent,
    "schedule": _schedule,
    "remove": _remove,
}


def _told(state: FlagState) -> dict[str, Any]:
    now = clock.now()
    return {
        "name": state.name,
        "standing": state.standing(now),
        "audience": state.audience,
        "everyone": state.everyone,
        "percent": str(state.percent) if state.percent is not None else None,
        "is_for_staff": state.is_for_staff,
        "users_count": state.users_count,
        "groups": list(state.groups),
        "starts_at": _iso(state.starts_at),
        "expires_at": _iso(state.expires_at),
        "ends_soon": state.ends_soon(now),
        "kind": state.kind,
        "owner": state.owner,
        "purpose": state.purpose,
        "remove_on": str(state.remove_on) if state.remove_on else None,
        "last_evaluated_at": _iso(state.last_evaluated_at),
        "is_in_code": state.name in DECLARED,
        "is_in_database": state.is_in_database,
    }


def _change_told(change: FlagChange) -> dict[str, Any]:
    return {
        "changed_at": _iso(change.changed_at),
        "changed_by": str(change.changed_by) if change.changed_by else None,
        "actor_kind": change.actor_kind,
        "reason": change.reason,
        "changes": change.changes,
    }


def _iso(moment: Any) -> str | None:
    return moment.astimezone(INDIA).isoformat(timespec="seconds") if moment else None


def _sentence(told: dict[str, Any]) -> str:
    words = {"off": "is off", "over": "is off, its time is over", "scheduled": "will be on", "on": "is on"}
    words["partly"] = words["on"]
    text = f"{told['name']} {words[told['standing']]}"
    if told["standing"] in {"on", "partly", "scheduled"}:
        text += f" for {told['audience']}"
    if told["standing"] == "scheduled":
        text += f" from {told['starts_at']}"
    if told["expires_at"] and told["standing"] != "off":
        text += f" until {told['expires_at']}"
    return f"{text}{', which is within a day' if told['ends_soon'] else ''}."


def _list_lines(told: dict[str, Any]) -> list[str]:
    return [_sentence(state) for state in told["flags"]]


def _show_lines(told: dict[str, Any]) -> list[str]:
    lines = [
        _sentence(told),
        f"{told['purpose']} ({told['kind']}, {told['owner']}"
        + (f", to be gone by {told['remove_on']})" if told["remove_on"] else ")"),
        f"Last asked for: {told['last_evaluated_at'] or 'never'}",
    ]
    if says := told.get("says"):
        lines.append(
            f"For this person it is {'on' if says['value'] else 'off'}: {says['reason']}. {says['detail']}"
        )
    return lines + [
        f"{one['changed_at']}  {one['actor_kind']}  {one['reason']}  {json.dumps(one['changes'])}"
        for one in told["changes"]
    ]


def _stale_lines(told: dict[str, Any]) -> list[str]:
    found = [f"{one['name']}: {one['sentence']}" for one in told["findings"]]
    return found or ["Every flag is in the code and the database, in its time and in use."]


def _changed_lines(told: dict[str, Any]) -> list[str]:
    if told.get("is_removed"):
        return [f"{told['name']} is {'to be ' if told['is_dry_run'] else ''}removed."]
    return [_sentence(told)]
