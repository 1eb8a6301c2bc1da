"""`manage.py client_config`."""

from __future__ import annotations

import io

import pytest
from django.core.management import CommandError, call_command

from rupaya.client_config.rules import ClientConfig, dotenv, gradle, swift


def call(*arguments):
    out = io.StringIO()
    call_command("client_config", *arguments, stdout=out)
    return out.getvalue()


class TestClientConfig:
    @pytest.mark.parametrize(("name", "made"), [("swift", swift), ("gradle", gradle), ("dotenv", dotenv)])
    def test_prints_the_file_and_nothing_else(self, settings, name, made):
        settings.CLIENT_BUILD_NUMBER, settings.CLIENT_SENTRY_DSN = 7, "https://x@example.in/1"

        config = ClientConfig(settings.API_BASE_URL, "https://x@example.in/1", settings.APP_VERSION, 7)
        assert call("--format", name) == made(config)

    def test_takes_what_differs_from_build_to_build(self):
        made = call("--format", "swift", "--app-version", "2.0", "--build-number", "9")

        assert 'static let appVersion = "2.0"' in made
        assert 'static let buildNumber = "9"' in made

    def test_refuses_what_no_client_can_be_built_with(self):
        with pytest.raises(CommandError, match="build number is 0") as refused:
            call("--format", "swift", "--build-number", "0")

        assert refused.value.returncode == 2
