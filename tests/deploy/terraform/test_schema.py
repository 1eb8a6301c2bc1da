"""Nothing is written that the AWS provider does not know; checked without Terraform."""

from __future__ import annotations

import pytest

from tests.deploy.terraform.code import TERRAFORM, blocks, files, types_used
from tests.deploy.terraform.schema import KNOWN, faults

WRITTEN = [
    pytest.param(path, id=str(path.relative_to(TERRAFORM))) for path in files(TERRAFORM) if list(blocks(path))
]


def alarm(tmp_path, text):
    """What is at fault in an alarm that is written so."""
    path = tmp_path / "sample.tf"
    path.write_text(f'resource "aws_cloudwatch_metric_alarm" "sample" {{\n{text}\n}}\n')
    [(kind, type_name, _, body)] = blocks(path)
    return faults(kind, type_name, body)


METRIC = 'metric {\n  metric_name = "m"\n  stat = "Sum"\n  period = 60\n}\n'
QUERY = f'metric_query {{\n  id = "a"\n{METRIC}}}\n'
GOOD = 'alarm_name = "a"\ncomparison_operator = "GreaterThanThreshold"\nevaluation_periods = 1\n'


class TestFaults:
    def test_finds_none_in_a_good_sample(self, tmp_path):
        assert alarm(tmp_path, GOOD + QUERY) == []

    def test_finds_a_misspelt_argument(self, tmp_path):
        assert alarm(tmp_path, GOOD + "thresold = 3\n") == [
            "aws_cloudwatch_metric_alarm: no argument thresold"
        ]

    def test_finds_a_missing_argument(self, tmp_path):
        found = alarm(tmp_path, 'comparison_operator = "GreaterThanThreshold"\nevaluation_periods = 1\n')

        assert found == ["aws_cloudwatch_metric_alarm: alarm_name is missing"]

    def test_finds_a_block_that_does_not_exist(self, tmp_path):
        assert alarm(tmp_path, GOOD + "dimension {\n  LoadBalancer = 1\n}\n") == [
            "aws_cloudwatch_metric_alarm: no block dimension"
        ]

    def test_looks_inside_blocks_and_dynamic_ones(self, tmp_path):
        one = GOOD + QUERY.replace("metric_name", "metric_nam")
        many = GOOD + 'dynamic "metric_query" {\n  for_each = []\n  content {\n    identity = "a"\n  }\n}\n'

        assert "aws_cloudwatch_metric_alarm.metric_query.metric: no argument metric_nam" in alarm(
            tmp_path, one
        )
        assert "aws_cloudwatch_metric_alarm.metric_query: no argument identity" in alarm(tmp_path, many)

    def test_counts_blocks(self, tmp_path):
        found = alarm(tmp_path, GOOD + QUERY.replace(METRIC, METRIC + METRIC))

        assert found == ["aws_cloudwatch_metric_alarm.metric_query: more than 1 of metric"]

    def test_knows_no_type_that_the_provider_lacks(self):
        assert faults("resource", "aws_ecs_servise", {}) != []


class TestCode:
    @pytest.mark.parametrize("path", WRITTEN)
    def test_is_what_the_provider_knows(self, path):
        found = {
            f"{type_name}.{name}": faults(kind, type_name, body)
            for kind, type_name, name, body in blocks(path)
        }

        assert {name: what for name, what in found.items() if what} == {}

    def test_is_all_that_the_schema_holds(self):
        assert {kind: set(names) for kind, names in KNOWN.items() if kind != "provider"} == types_used(
            TERRAFORM
        )
