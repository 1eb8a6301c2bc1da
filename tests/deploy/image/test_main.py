"""What `make image` says where it can't build, and where a promise does not hold."""

from __future__ import annotations

import subprocess
from unittest.mock import Mock

import pytest

from tests.deploy.image import __main__ as image
from tests.deploy.image.engine import Engine


@pytest.fixture
def build(monkeypatch):
    """A build that ends with this exit code."""

    def ends_with(code):
        monkeypatch.setattr(
            subprocess, "run", lambda *_, **__: subprocess.CompletedProcess([], returncode=code)
        )

    return ends_with


class TestMain:
    def test_says_loudly_that_nothing_was_checked_where_nothing_can_build(self, build, capsys):
        build(image.CANNOT)

        assert image.main() == 0
        [line] = capsys.readouterr().err.splitlines()
        assert line.startswith("NOT CHECKED: no image was built")

    def test_fails_with_the_build(self, build):
        build(1)

        assert image.main() == 1


class TestWell:
    def test_says_what_was_wrong_and_goes_on(self, capsys):
        def check():
            raise AssertionError("it runs as root")

        assert image.well(check) is False
        assert capsys.readouterr().out == "FAILED  AssertionError: it runs as root\n"


class TestLabelsAndSize:
    def test_refuse_an_image_that_runs_as_root(self):
        engine = Mock(spec=Engine, config={"User": ""}, size=1)

        with pytest.raises(AssertionError):
            image.labels_and_size(engine)
