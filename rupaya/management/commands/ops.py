"""`manage.py ops`: the running service on AWS, watched, moved and taken back. Needs no database."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from typing import Any, Final, NoReturn

from botocore.exceptions import BotoCoreError, ClientError
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from rupaya.core import clock
from rupaya.ops import database, logs, services
from rupaya.ops.deploy import deploy_prepare
from rupaya.ops.fleet import CLUSTER, DATABASE, RUNNING, Fleet, client_make
from rupaya.ops.migrate import migrate_prepare
from rupaya.ops.plans import USAGE, OpsError, Plan, Prepared
from rupaya.ops.rollback import rollback_prepare
from rupaya.ops.rollout import Means
from rupaya.ops.schema import graph_of_code
from rupaya.ops.shell import shell_prepare
from rupaya.ops.smoke import health_address, smoke
from rupaya.ops.waiting import Patience

INTERRUPTED: Final = 130
PAUSE_S: Final = 5.0  # between two looks at AWS, or at /health
_LIMITS: Final = {"deploy": 900, "rollback": 900, "restart": 900, "scale": 600, "migrate": 1800, "snapshot": 3600,
                  "smoke": 60, "logs": 86_400, "shell": 60}  # fmt: skip
_CONTAINERS: Final = tuple(part.container for part in RUNNING)


class Command(BaseCommand):
    """Each action says what it will do, asks before it harms, waits with an end, and is honest in its exit code."""

    help = (
        "Watch, scale, restart, deploy and roll back the service on AWS. Exit 0: done; 1: not done, and why; "
        "2: it was asked wrongly, or not confirmed; 3: begun, and neither done nor undone (a rollback then "
        "ends with 1 too)."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        """Will offer one action a call."""
        actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
        _reading(actions)
        _changing(actions)
        for name, action in actions.choices.items():
            action.add_argument(
                "--json", action="store_true", help="one JSON object on stdout and nothing else"
            )
            action.add_argument(
                "--dry-run", action="store_true", help="check everything, say what would be done, do nothing"
            )
            action.add_argument("--yes", action="store_true", help="do not ask first")
            if name in _LIMITS:
                action.add_argument(
                    "--limit", type=int, default=_LIMITS[name], metavar="SECONDS",
                    help=f"how long to wait at most (default: {_LIMITS[name]})",
                )  # fmt: skip

    def handle(self, *args: Any, **options: Any) -> None:
        """Will do the action, or end with one sentence and an exit code."""
        options["region"] = settings.AWS_REGION
        action: Callable[[dict[str, Any]], None] = getattr(self, f"_{options['action'].replace('-', '_')}")
        try:
            action(options)
        except OpsError as error:
            self._fail(error.sentence, code=error.code, options=options)
        except (BotoCoreError, ClientError) as error:
            self._fail(f"AWS: {error}", code=1, options=options)
        except KeyboardInterrupt:
            self._fail(
                "Stopped. What was begun on AWS goes on: `ops status` shows where it is.",
                code=INTERRUPTED,
                options=options,
            )

    # ── Reading ──

    def _status(self, options: dict[str, Any]) -> None:
        if options["dry_run"]:
            names = " and ".join(part.service for part in RUNNING)
            self._show(Plan(f"Ask ECS what {names} of {CLUSTER} run"), options)
            return
        told = services.status(self._means(options).fleet)
        self._tell({"services": told}, services.status_lines(told), options)

    def _log_groups(self, options: dict[str, Any]) -> None:
        if options["dry_run"]:
            self._show(Plan(f"Ask CloudWatch for the log groups below {logs.PREFIX}"), options)
            return
        groups = logs.log_groups(self._client("logs", options))
        lines = [f"{one['name']}: {one['bytes']} bytes, kept {one['days'] or 'all'} days" for one in groups]
        self._tell({"groups": groups}, lines, options)

    def _logs(self, options: dict[str, Any]) -> None:
        """JSON here is one object a line, because there may be no end."""
        group = logs.GROUPS[options["service"]]
        since = logs.since_read(options["since"], now=clock.now())
        if options["dry_run"]:
            self._show(Plan(f"Read {group} since {since:%Y-%m-%dT%H:%M:%SZ}"), options)
            return
        found = logs.log_lines(
            self._client("logs", options), group=group, since=since, pattern=options["filter"],
            follow=options["follow"], patience=Patience(options["limit"], pause_s=PAUSE_S),
        )  # fmt: skip
        try:
            for at, line in found:
                self.stdout.write(
                    json.dumps({"at": at, "message": line}) if options["json"] else f"{at} {line}"
                )
                self.stdout.flush()
        except KeyboardInterrupt:
            if not options["follow"]:
                raise  # to end it is how --follow ends

    def _db_metrics(self, options: dict[str, Any]) -> None:
        now = clock.now()
        window = database.window_check(
            start=logs.since_read(options["start"], now=now)
            if options["start"]
            else logs.since_read("1h", now=now),
            end=logs.moment_read(options["end"], name="--end") if options["end"] else now,
            period_s=options["period"],
            now=now,
        )
        if options["dry_run"]:
            title = f"Ask CloudWatch for {len(database.METRICS)} metrics of {DATABASE}"
            since = f"from {window.start:%Y-%m-%dT%H:%M:%SZ} to {window.end:%Y-%m-%dT%H:%M:%SZ}"
            self._show(Plan(f"{title}, {since}, {window.period_s} s a point"), options)
            return
        told = database.metrics(self._client("cloudwatch", options), window=window)
        self._tell({"metrics": told}, database.metrics_lines(told), options)

    def _smoke(self, options: dict[str, Any]) -> None:
        address = health_address(options["url"] or settings.API_BASE_URL)
        plan = Plan(
            f"Ask {address} until it says ok{' and version ' + options['version'] if options['version'] else ''}"
        )
        if options["dry_run"]:
            self._show(plan, options)
            return
        health = smoke(
            address=address,
            version=options["version"],
            patience=Patience(options["limit"], pause_s=PAUSE_S),
            say=self._say,
        )
        self._tell(
            {"address": address, "version": health.version}, [f"{address} is well: {health.told}."], options
        )

    # ── Changing ──

    def _restart(self, options: dict[str, Any]) -> None:
        parts = services.parts_named(options["service"])
        self._do(services.restart_prepare(self._means(options), parts=parts), options)

    def _scale(self, options: dict[str, Any]) -> None:
        (part,) = services.parts_named(options["service"])
        scaling = self._client("application-autoscaling", options)
        self._do(
            services.scale_prepare(self._means(options), scaling=scaling, part=part, count=options["count"]),
            options,
        )

    def _snapshot(self, options: dict[str, Any]) -> None:
        rds = self._client("rds", options)
        self._do(database.snapshot_prepare(self._means(options), rds=rds, name=options["name"]), options)

    def _migrate(self, options: dict[str, Any]) -> None:
        prepared = migrate_prepare(
            self._means(options), logs=self._client("logs", options), image=options["image"],
            version=options["version"] or settings.APP_VERSION, to=options["to"], graph=graph_of_code(),
        )  # fmt: skip
        self._do(prepared, options)

    def _deploy(self, options: dict[str, Any]) -> None:
        prepared = deploy_prepare(
            self._means(options), image=options["image"], version=options["version"] or settings.APP_VERSION,
            url=options["url"], graph=graph_of_code(),
        )  # fmt: skip
        self._do(prepared, options)

    def _rollback(self, options: dict[str, Any]) -> None:
        prepared = rollback_prepare(
            self._means(options), number=options["to"], url=options["url"], graph=graph_of_code()
        )
        self._do(prepared, options)

    def _shell(self, options: dict[str, Any]) -> None:
        (part,) = services.parts_named(options["service"])
        prepared = shell_prepare(
            self._means(options).fleet,
            part=part,
            task=options["task"],
            command=options["command"],
            region=options["region"],
        )
        self._do(prepared, options)

    # ── What all have in common ──

    def _do(self, prepared: Prepared, options: dict[str, Any]) -> None:
        if options["dry_run"]:
            self._show(prepared.plan, options)
            return
        if not options["json"]:
            self._show(prepared.plan, options)
        if prepared.plan.harm and not options["yes"]:
            _confirm(prepared.plan)
        result = prepared.run()
        told = {
            "action": options["action"],
            "is_dry_run": False,
            "plan": prepared.plan.as_json(),
            "result": dict(result),
        }
        self._tell(told, [f"{prepared.plan.title}: done."], options)

    def _show(self, plan: Plan, options: dict[str, Any]) -> None:
        if options["json"]:
            told = {"action": options["action"], "is_dry_run": True, "plan": plan.as_json()}
            self.stdout.write(json.dumps(told))
            return
        # A plan is what a dry run gives; otherwise it is only talk.
        out = self.stdout if options["dry_run"] else self.stderr
        lines = [plan.title, *(f"  {number}. {step}" for number, step in enumerate(plan.steps, 1)), plan.harm]
        for line in filter(None, lines):
            out.write(line, style_func=str)

    def _tell(self, facts: Mapping[str, Any], lines: list[str], options: dict[str, Any]) -> None:
        if options["json"]:
            self.stdout.write(json.dumps({"action": options["action"], **facts}))
        else:
            for line in lines:
                self.stdout.write(line)

    def _fail(self, sentence: str, *, code: int, options: dict[str, Any]) -> NoReturn:
        if options["json"]:
            self.stdout.write(json.dumps({"action": options["action"], "error": sentence}))
        raise CommandError(sentence, returncode=code)

    def _say(self, sentence: str) -> None:
        self.stderr.write(sentence, style_func=str)
        self.stderr.flush()

    def _client(self, name: str, options: dict[str, Any]) -> Any:
        return client_make(name, region=options["region"])

    def _means(self, options: dict[str, Any]) -> Means:
        if options.get("limit", 1) < 1:
            raise OpsError("--limit must be a second or more.", code=USAGE)
        fleet = Fleet(self._client("ecs", options))
        return Means(fleet, Patience(options.get("limit", 0), PAUSE_S), say=self._say, now=clock.now)


def _confirm(plan: Plan) -> None:
    """Will ask for a yes at the terminal; raises OpsError without one, and where nobody is there to ask."""
    if not sys.stdin.isatty():
        raise OpsError(
            f"{plan.title}: {plan.harm} Nobody is here to ask; add --yes if it is meant.", code=USAGE
        )
    sys.stderr.write(f"{plan.title}? Type yes: ")
    sys.stderr.flush()
    if sys.stdin.readline().strip().lower() != "yes":
        raise OpsError("Not confirmed; nothing was changed.", code=USAGE)


def _reading(actions: Any) -> None:
    """The actions that change nothing."""
    actions.add_parser("status", help="what runs, and where it is going")
    actions.add_parser("log-groups", help="the service's log groups")
    found = actions.add_parser("logs", help="what the service wrote")
    found.add_argument("--follow", action="store_true", help="and what it writes from now on, until Ctrl-C")
    found.add_argument("--service", choices=tuple(logs.GROUPS), default="web")
    found.add_argument("--since", default="10m", help="from when on: 15m, 2h, or ISO 8601 (default: 10m)")
    found.add_argument("--filter", default="", help="a filter pattern of CloudWatch Logs")
    metrics = actions.add_parser("db-metrics", help="how the database is doing")
    metrics.add_argument("--start", default="", help="ISO 8601, or how long ago, like 6h (default: 1h)")
    metrics.add_argument("--end", default="", help="ISO 8601 (default: now)")
    metrics.add_argument("--period", type=int, default=300, help="seconds a point (default: 300)")
    asked = actions.add_parser("smoke", help="is it well, and is it the version that was asked for?")
    asked.add_argument("--url", default="", help="the service's address (default: API_BASE_URL)")
    asked.add_argument("--version", default="", help="the version that must answer (default: any)")


def _changing(actions: Any) -> None:
    """The actions that change the service or its database."""
    restart = actions.add_parser("restart", help="replace every task by one of the same image")
    restart.add_argument("--service", choices=(*_CONTAINERS, "all"), default="all")
    scale = actions.add_parser("scale", help="have so many tasks")
    scale.add_argument("--count", type=int, required=True)
    scale.add_argument("--service", choices=_CONTAINERS, default="web")
    snapshot = actions.add_parser("snapshot", help="take a snapshot of the database")
    snapshot.add_argument("--name", default="", help="default: the database's name with the moment")
    for name, sentence in (
        ("migrate", "run migrations once, as the schema's owner"),
        ("deploy", "an image into web and worker"),
    ):
        action = actions.add_parser(name, help=sentence)
        action.add_argument("--image", required=True, help="by its digest: repository@sha256:…")
        action.add_argument(
            "--version", default="", help="what it calls itself (default: this checkout's version)"
        )
    actions.choices["migrate"].add_argument(
        "--to", default="", help="one app to one migration: ledger.0031_sync"
    )
    actions.choices["deploy"].add_argument(
        "--url", default="", help="where to ask /health (default: the API's address)"
    )
    rollback = actions.add_parser("rollback", help="back to the last release that proved healthy")
    rollback.add_argument(
        "--to", type=int, default=None, metavar="REVISION", help="of the web's task definition"
    )
    rollback.add_argument("--url", default="", help="where to ask /health (default: the API's address)")
    shell = actions.add_parser("shell", help="a shell in a running task")
    shell.add_argument("--service", choices=_CONTAINERS, default="web")
    shell.add_argument("--task", default="", help="its id (default: any)")
    shell.add_argument("--command", default="/bin/sh")
