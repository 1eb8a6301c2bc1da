"""Alarms that can ring: on metrics that exist, told by the dimensions they are told by, heard by somebody."""

from __future__ import annotations

import json
import re

import psycopg
import pytest
import structlog

from rupaya.tasks import gauges_log
from tests.deploy.terraform.code import TERRAFORM, blocks
from tests.deploy.terraform.metrics import METRICS

ALARM, FILTER = "aws_cloudwatch_metric_alarm", "aws_cloudwatch_log_metric_filter"
# Name: metric, statistic, seconds, times, threshold, and what silence means.
PROMISED = {
    "rupaya-api-error-rate-high": ("HTTPCode_Target_5XX_Count", "Sum", 300, 2, 10, "notBreaching"),
    "rupaya-api-response-time-high": ("TargetResponseTime", "Average", 60, 3, 1.0, "notBreaching"),
    "rupaya-db-cpu-high": ("CPUUtilization", "Average", 300, 2, 80, "missing"),
    "rupaya-db-connections-high": ("DatabaseConnections", "Average", 60, 1, 80, "missing"),
}
BESIDE = {
    "rupaya-api-5xx-ratio-high", "rupaya-api-response-time-p95-high", "rupaya-api-no-healthy-task",
    "rupaya-db-storage-low", "rupaya-cache-memory-high", "rupaya-queue-depth-high", "rupaya-queue-oldest-high",
    "rupaya-audit-seal-lag-high", "rupaya-audit-anchor-lag-high", "rupaya-ledger-differs", "rupaya-worker-silent",
}  # fmt: skip


def watched(alarm):
    """(namespace, metric, dimensions) of everything that an alarm watches."""
    metrics = [alarm] if alarm["metric_name"] else []
    metrics += [query["metric"][0] for query in alarm["metric_query"] if query["metric"]]
    return [(each["namespace"], each["metric_name"], each["dimensions"] or {}) for each in metrics]


def shown(dashboard):
    """The same of everything that a dashboard shows."""
    for widget in json.loads(dashboard["dashboard_body"])["widgets"]:
        for namespace, metric, *words in widget["properties"]["metrics"]:
            names = [word for word in words if isinstance(word, str)]
            yield namespace, metric, dict(zip(names[::2], names[1::2], strict=True))


def event_of(pattern):
    """The event that a filter's pattern asks for."""
    [event] = re.findall(r'\$\.event = "([\w.]+)"', pattern)
    return event


def is_told(namespace, metric, dimensions):
    """Does AWS, or the worker, tell such a metric by such dimensions?"""
    return frozenset(dimensions) in METRICS.get((namespace, metric), set())


class TestIsTold:
    @pytest.mark.parametrize(
        ("namespace", "metric", "dimensions"),
        [
            ("AWS/ECS", "ErrorCount", {"ServiceName": "rupaya-service"}),
            ("AWS/ApplicationELB", "TargetResponseTime", {}),
            ("AWS/ApplicationELB", "HTTPCode_ELB_5XX_Count", {"LoadBalancer": "a", "TargetGroup": "b"}),
        ],
    )
    def test_knows_what_never_rings(self, namespace, metric, dimensions):
        assert not is_told(namespace, metric, dimensions)


class TestAlarms:
    def test_are_those_that_are_promised(self, plan):
        alarms = plan.by(ALARM, "alarm_name")

        assert set(alarms) == set(PROMISED) | BESIDE
        for name, (metric, statistic, period_s, times, threshold, silence) in PROMISED.items():
            alarm = alarms[name]
            assert (alarm["metric_name"], alarm["statistic"], alarm["period"]) == (
                metric,
                statistic,
                period_s,
            )
            assert (alarm["evaluation_periods"], alarm["threshold"]) == (times, threshold)
            assert alarm["treat_missing_data"] == silence
            assert alarm["comparison_operator"] == "GreaterThanThreshold"

    def test_watch_metrics_that_exist(self, plan):
        for alarm in plan.of(ALARM):
            assert watched(alarm)
            assert [each for each in watched(alarm) if not is_told(*each)] == []

    def test_name_things_that_the_plan_makes(self, plan):
        [balancer], [targets] = plan.of("aws_lb"), plan.of("aws_lb_target_group")
        [database], [cache] = plan.of("aws_db_instance"), plan.of("aws_elasticache_replication_group")
        real = {
            "LoadBalancer": balancer["arn_suffix"],
            "TargetGroup": targets["arn_suffix"],
            "DBInstanceIdentifier": database["identifier"],
            "CacheClusterId": f"{cache['replication_group_id']}-001",
        }

        named = [pair for alarm in plan.of(ALARM) for *_, by in watched(alarm) for pair in by.items()]

        assert {key for key, _ in named} == set(real)
        assert [pair for pair in named if real[pair[0]] != pair[1]] == []

    def test_are_heard(self, plan):
        [topic] = plan.of("aws_sns_topic")

        for alarm in plan.of(ALARM):
            assert alarm["alarm_actions"] == [topic["arn"]]
            assert alarm["actions_enabled"] in (None, True)
        assert {each["topic_arn"] for each in plan.of("aws_sns_topic_subscription")} == {topic["arn"]}

    def test_take_the_workers_silence_for_an_alarm(self, plan):
        silent = plan.by(ALARM, "alarm_name")["rupaya-worker-silent"]

        assert silent["treat_missing_data"] == "breaching"
        assert silent["comparison_operator"] == "LessThanThreshold"


class TestDashboard:
    def test_shows_metrics_that_exist(self, plan):
        [dashboard] = plan.of("aws_cloudwatch_dashboard")
        metrics = list(shown(dashboard))

        assert len(metrics) > 10
        assert [each for each in metrics if not is_told(*each)] == []


class TestFigures:
    def test_are_the_metrics_that_alarms_watch(self, plan):
        made = {each["metric_transformation"][0]["name"] for each in plan.of(FILTER)}

        assert made == {metric for namespace, metric in METRICS if namespace == "Rupaya"}

    def test_are_read_where_the_worker_writes(self, plan):
        [worker] = [each for each in plan.of("aws_ecs_task_definition") if each["family"] == "rupaya-worker"]
        written = json.loads(worker["container_definitions"])[0]["logConfiguration"]["options"][
            "awslogs-group"
        ]

        assert {each["log_group_name"] for each in plan.of(FILTER)} == {written}

    def test_are_in_the_line_that_the_worker_writes(self, db, settings, admin_url, production):
        settings.AUDIT_ANCHOR_BUCKET = "heads"  # as every environment has it
        with psycopg.connect(admin_url) as owner:  # as verify_ledger does
            owner.execute("INSERT INTO audit_check VALUES ('ledger', 0, now()) ON CONFLICT DO NOTHING")

        with structlog.testing.capture_logs() as lines:
            gauges_log(timestamp=0)

        [line] = lines
        fields = {
            each["metric_transformation"][0]["value"].removeprefix("$.") for each in production.of(FILTER)
        }
        assert {event_of(each["pattern"]) for each in production.of(FILTER)} == {line["event"]}
        assert fields - {"1"} <= set(line)

    def test_count_only_lines_that_have_them(self, production):
        for each in production.of(FILTER):
            value = each["metric_transformation"][0]["value"]
            assert value == "1" or f"({value} = *)" in each["pattern"]


class TestCode:
    def test_writes_every_alarm_in_one_module(self):
        elsewhere = [
            path
            for path in TERRAFORM.rglob("*.tf")
            if "monitoring" not in path.parts
            and any(type_name == ALARM for _, type_name, _, _ in blocks(path))
        ]

        assert elsewhere == []
