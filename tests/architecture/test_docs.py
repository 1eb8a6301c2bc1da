"""What the documents promise of the environment is what the code reads."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
READ = re.compile(
    r"""(?:env\.\w+|_number|_switch|_rate|environ\.get|getenv)\(\s*["']([A-Z][A-Z0-9_]+)["']|["'](RAZORPAY_[A-Z_]+)["']"""
)
READ_BY_LIBRARIES = {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"}  # boto3 takes them itself
SOURCES = ("rupaya/settings.py", "deploy/gunicorn.conf.py")
COMPOSE = re.compile(r"(?<!\$)\$\{([A-Z][A-Z0-9_]*)")


def variables() -> set[str]:
    """Every variable that the settings, the server and docker-compose.yml read."""
    own = {one or other for path in SOURCES for one, other in READ.findall((ROOT / path).read_text())}
    return own | set(COMPOSE.findall((ROOT / "docker-compose.yml").read_text()))


class TestVariables:
    def test_are_found(self):
        assert {
            "APP_ENV",
            "PORT",
            "DATABASE_URL",
            "JWT_SECRET",
            "RAZORPAY_KEY_ID",
            "WEB_CONCURRENCY",
        } <= variables()

    def test_all_stand_in_the_example(self):
        text = (ROOT / ".env.example").read_text()

        missing = sorted(name for name in variables() if not re.search(rf"^#?\s?{name}=", text, re.MULTILINE))
        assert missing == [], "missing in .env.example"

    def test_all_stand_in_the_readme(self):
        text = (ROOT / "README.md").read_text()

        assert sorted(name for name in variables() if f"`{name}`" not in text) == [], "missing in README.md"

    def test_in_the_example_are_all_read(self):
        named = set(
            re.findall(r"^#?\s?([A-Z][A-Z0-9_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE)
        )

        assert sorted(named - variables() - READ_BY_LIBRARIES) == [], "in .env.example, and read by nobody"

    @pytest.mark.parametrize(
        "name", ["JWT_SECRET", "JWT_REFRESH_SECRET", "SENDGRID_API_KEY", "AWS_SECRET_ACCESS_KEY"]
    )
    def test_that_are_secret_have_no_value_in_the_example(self, name):
        text = (ROOT / ".env.example").read_text()

        assert not re.search(rf"^#?\s?{name}=\S+", text, re.MULTILINE)
