"""The database as CloudWatch and RDS see it, by moto's server."""

from __future__ import annotations

import dataclasses
import datetime as dt

import pytest

from rupaya.core import clock
from rupaya.ops.database import METRICS, metrics, metrics_lines, snapshot_prepare, window_check
from rupaya.ops.plans import FAILED, PARTLY, OpsError
from tests.rupaya.ops.aws import NOW

HOUR = dt.timedelta(hours=1)


class TestWindowCheck:
    @pytest.mark.parametrize(
        ("age", "period_s"),
        [(HOUR, 60), (14 * 24 * HOUR, 900), (60 * 24 * HOUR, 3900), (400 * 24 * HOUR, 86_400)],
    )
    def test_takes_what_cloudwatch_has(self, age, period_s):
        assert window_check(start=NOW - age, end=NOW, period_s=period_s, now=NOW).period_s == period_s

    @pytest.mark.parametrize(
        ("start", "end", "period_s", "sentence"),
        [
            (NOW, NOW, 60, "--start must be before --end"),
            (NOW - HOUR, NOW + HOUR, 60, "in the future"),
            (NOW - HOUR, NOW, 59, "whole minutes"),
            (NOW - HOUR, NOW, 90, "whole minutes"),
            (NOW - HOUR, NOW, 0, "whole minutes"),
            (NOW - 48 * HOUR, NOW, 60, "2880 points; 1440 at most. Take --period 120"),
            (NOW - 20 * 24 * HOUR, NOW - 20 * 24 * HOUR + HOUR, 60, "multiple of 300"),
            (NOW - 70 * 24 * HOUR, NOW - 70 * 24 * HOUR + HOUR, 300, "multiple of 3600"),
            (NOW - 500 * 24 * HOUR, NOW - 499 * 24 * HOUR, 3600, "455 days at most"),
        ],
    )
    def test_refuses_what_would_come_back_empty(self, start, end, period_s, sentence):
        with pytest.raises(OpsError, match=sentence):
            window_check(start=start, end=end, period_s=period_s, now=NOW)


class TestMetrics:
    def test_gives_every_metric_in_people_s_units(self, aws):
        now = clock.now().replace(second=0, microsecond=0)
        cloudwatch = aws("cloudwatch")
        dimensions = [{"Name": "DBInstanceIdentifier", "Value": "rupaya-db"}]
        for name, value in (("CPUUtilization", 40), ("FreeStorageSpace", 5 << 30)):
            cloudwatch.put_metric_data(
                Namespace="AWS/RDS",
                MetricData=[
                    {
                        "MetricName": name,
                        "Dimensions": dimensions,
                        "Value": value,
                        "Timestamp": now - HOUR / 2,
                    }
                ],
            )

        told = metrics(cloudwatch, window=window_check(start=now - HOUR, end=now, period_s=300, now=now))

        assert [one["metric"] for one in told] == [metric[0] for metric in METRICS]
        assert (told[0]["mean"], told[3]["least"], told[3]["unit"]) == (40, 5, "GiB")
        assert metrics_lines(told)[1] == "DatabaseConnections: no points"


@pytest.fixture
def rds(aws):
    client = aws("rds")
    client.create_db_instance(
        DBInstanceIdentifier="rupaya-db", DBInstanceClass="db.t4g.micro", Engine="postgres",
        MasterUsername="x", MasterUserPassword="Zb7-kanari-only", AllocatedStorage=20,
    )  # fmt: skip
    yield client
    for one in client.describe_db_snapshots(SnapshotType="manual")["DBSnapshots"]:
        client.delete_db_snapshot(DBSnapshotIdentifier=one["DBSnapshotIdentifier"])
    client.delete_db_instance(DBInstanceIdentifier="rupaya-db", SkipFinalSnapshot=True)


class TestSnapshot:
    def test_is_taken_and_waited_for(self, world, rds):
        result = snapshot_prepare(world.means, rds=rds, name="").run()

        assert result["snapshot"] == "rupaya-db-2026-11-23t10-00-00z"
        (made,) = rds.describe_db_snapshots(SnapshotType="manual")["DBSnapshots"]
        assert made["Status"] == "available"

    @pytest.mark.parametrize(
        ("state", "sentence", "code"),
        [("creating", "took longer than 10 s", PARTLY), ("failed", "before-diwali failed", FAILED)],
    )
    def test_that_takes_too_long_is_neither_done_nor_undone_and_one_that_failed_is_not_done(
        self, world, rds, monkeypatch, state, sentence, code
    ):
        means = dataclasses.replace(world.means, patience=world.time.patience(limit_s=10))
        prepared = snapshot_prepare(means, rds=rds, name="before-diwali")
        seen = {"DBSnapshots": [{"Status": state}]}

        with monkeypatch.context() as patch:
            patch.setattr(rds, "describe_db_snapshots", lambda **_asked: seen)
            with pytest.raises(OpsError, match=sentence) as caught:
                prepared.run()

        assert caught.value.code == code

    def test_refuses_a_name_that_is_taken(self, world, rds):
        snapshot_prepare(world.means, rds=rds, name="before-diwali").run()

        with pytest.raises(OpsError, match="snapshot before-diwali already"):
            snapshot_prepare(world.means, rds=rds, name="before-diwali")

    @pytest.mark.parametrize("name", ["A", "a--b", "a-", "1a", "rds:x", "rds-x", "x" * 256, "a b"])
    def test_refuses_a_name_that_rds_would_refuse(self, world, rds, name):
        with pytest.raises(OpsError, match="is no name of a snapshot"):
            snapshot_prepare(world.means, rds=rds, name=name)

    def test_refuses_a_database_that_is_not_there_or_not_ready(self, world, rds):
        with pytest.raises(OpsError, match="no database other"):
            snapshot_prepare(world.means, rds=rds, name="", instance="other")
        rds.stop_db_instance(DBInstanceIdentifier="rupaya-db")
        with pytest.raises(OpsError, match="is stopped"):
            snapshot_prepare(world.means, rds=rds, name="")
