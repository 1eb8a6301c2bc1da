"""What the service wrote, by moto's server."""

from __future__ import annotations

import datetime as dt

import pytest

from rupaya.core import clock
from rupaya.ops.logs import GROUPS, log_groups, log_lines, moment_read, since_read
from rupaya.ops.plans import OpsError
from tests.rupaya.ops.aws import NOW, Time


@pytest.fixture
def logs(aws):
    client = aws("logs")
    for name in (GROUPS["web"], "/ecs/other"):
        client.create_log_group(logGroupName=name)
    client.create_log_stream(logGroupName=GROUPS["web"], logStreamName="web/web/1")
    yield client
    for name in (GROUPS["web"], "/ecs/other"):
        client.delete_log_group(logGroupName=name)


def write(logs, *lines):
    """(seconds before now, text)"""
    now_ms = int(clock.now().timestamp() * 1000)
    events = [{"timestamp": now_ms - 1000 * ago_s, "message": text} for ago_s, text in lines]
    logs.put_log_events(logGroupName=GROUPS["web"], logStreamName="web/web/1", logEvents=events)


def read(logs, *, follow=False, patience=None, pattern="", is_wanted=lambda: True):
    since = clock.now() - dt.timedelta(minutes=10)
    found = log_lines(
        logs, group=GROUPS["web"], since=since, pattern=pattern, follow=follow, is_wanted=is_wanted,
        patience=patience or Time().patience(),
    )  # fmt: skip
    return [line for _, line in found]


class TestLogLines:
    def test_gives_what_there_is_since_then(self, logs):
        write(logs, (3600, "old"), (30, "one"), (20, "two"))

        assert read(logs) == ["one", "two"]

    def test_follows_until_the_limit_and_gives_each_line_once(self, logs):
        write(logs, (30, "one"))
        time = Time()
        rounds: list[int] = []

        def more():
            if rounds:
                write(logs, (20 - len(rounds), f"more {len(rounds)}"))
            rounds.append(1)
            return True

        lines = read(logs, follow=True, patience=time.patience(12), is_wanted=more)

        assert lines == ["one", "more 1", "more 2"]

    def test_refuses_a_group_that_is_not_there(self, aws):
        with pytest.raises(OpsError, match="no log group /ecs/rupaya-backend; `ops log-groups`"):
            read(aws("logs"))


class TestLogGroups:
    def test_gives_ours_alone(self, logs):
        assert [one["name"] for one in log_groups(logs)] == [GROUPS["web"]]


class TestSinceRead:
    @pytest.mark.parametrize(
        ("text", "ago"),
        [("90s", dt.timedelta(seconds=90)), ("15m", dt.timedelta(minutes=15)), ("2d", dt.timedelta(days=2))],
    )
    def test_takes_how_long_ago_it_was(self, text, ago):
        assert since_read(text, now=NOW) == NOW - ago

    def test_takes_a_moment(self):
        assert since_read("2026-11-23T10:00:00+05:30", now=NOW) == dt.datetime(
            2026, 11, 23, 4, 30, tzinfo=dt.UTC
        )

    @pytest.mark.parametrize(
        "text", ["", "0m", "-5m", "5w", "2026-11-23", "2026-11-23T10:00:00", "99999999d"]
    )
    def test_refuses_the_rest(self, text):
        with pytest.raises(OpsError, match="--since is"):
            since_read(text, now=NOW)

    def test_refuses_a_moment_without_an_offset(self):
        with pytest.raises(OpsError, match="--end is"):
            moment_read("2026-11-23T10:00:00", name="--end")
