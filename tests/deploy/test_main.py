"""What `make deploy-check` says when something is wrong, and when it could not look."""

from __future__ import annotations

import sys

import pytest

from tests.deploy import __main__ as check


@pytest.fixture
def steps(monkeypatch):
    """Steps of our own, without the tools."""
    monkeypatch.setattr(check, "tools_ensure", lambda: None)

    def put(**steps):
        monkeypatch.setattr(check, "STEPS", steps)

    return put


WELL, ILL = [sys.executable, "-c", ""], [sys.executable, "-c", "raise SystemExit(3)"]


class TestMain:
    def test_is_well_where_every_step_is(self, steps, capfd):
        steps(one=WELL, two=WELL)

        assert check.main([]) == 0
        assert "Nothing was found." in capfd.readouterr().out

    def test_runs_all_and_names_those_that_found_something(self, steps, capfd):
        steps(one=ILL, two=WELL, three=ILL)

        assert check.main([]) == 1
        assert "Found something: one, three." in capfd.readouterr().out

    def test_runs_those_that_are_named_or_all_others(self, steps, capfd):
        steps(one=ILL, two=WELL)

        assert [check.main(words) for words in (["one"], ["two"], ["--but", "one"], ["--but", "two"])] == [
            1,
            0,
            0,
            1,
        ]

    def test_says_loudly_what_it_could_not_check(self, steps, capfd):
        steps(one=["a-tool-that-is-nowhere"], two=WELL)

        assert check.main([]) == 0
        assert "NOT CHECKED, not on this machine: one." in capfd.readouterr().err

    def test_knows_no_other_steps(self, steps, capfd):
        steps(one=WELL)

        assert check.main(["two"]) == 2
        assert "There is no step 'two'; there are one." in capfd.readouterr().err
