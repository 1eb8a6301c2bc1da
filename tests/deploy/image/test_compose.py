"""docker-compose.yml: who may reach whom, and who holds what."""

from __future__ import annotations

import pytest
import yaml

from tests.deploy.image.servers import ROOT


@pytest.fixture(scope="module")
def compose():
    return yaml.safe_load((ROOT / "docker-compose.yml").read_text())


@pytest.fixture(scope="module")
def services(compose):
    return compose["services"]


class TestServices:
    def test_open_the_web_port_alone_and_to_this_machine_at_first(self, services):
        assert {name: service["ports"] for name, service in services.items() if "ports" in service} == {
            "web": ["${WEB_BIND:-127.0.0.1}:${PORT:-8000}:8000"]
        }

    def test_are_in_one_network(self, compose):
        assert {tuple(service["networks"]) for service in compose["services"].values()} == {
            ("rupaya_network",)
        }
        assert set(compose["networks"]) == {"rupaya_network"}

    def test_start_in_order(self, services):
        for name in ("web", "worker"):
            assert {other: wait["condition"] for other, wait in services[name]["depends_on"].items()} == {
                "postgres": "service_healthy",
                "redis": "service_healthy",
                "migrate": "service_completed_successfully",
            }

    @pytest.mark.parametrize(("name", "asks"), [("postgres", "pg_isready"), ("redis", "redis-cli ping")])
    def test_are_asked_every_ten_seconds(self, services, name, asks):
        check = services[name]["healthcheck"]

        assert asks in check["test"][-1]
        assert (check["interval"], check["timeout"], check["retries"]) == ("10s", "5s", 5)

    def test_of_ours_write_nowhere_but_to_memory_and_volumes(self, services):
        for name in ("web", "worker", "migrate"):
            assert services[name]["read_only"] is True
            assert services[name]["cap_drop"] == ["ALL"]


class TestSecrets:
    def test_have_no_default(self, compose):
        text = (ROOT / "docker-compose.yml").read_text()

        for name in (
            *("POSTGRES_PASSWORD", "DATABASE_OWNER_PASSWORD", "DATABASE_USER_PASSWORD", "REDIS_PASSWORD"),
            *("DATABASE_SEALER_PASSWORD", "AUDIT_SIGNING_KEY", "JWT_SECRET", "JWT_REFRESH_SECRET"),
        ):
            assert f"${{{name}:?" in text
            assert f"${{{name}:-" not in text
            assert f"${{{name}}}" not in text

    def test_of_the_owner_and_the_administrator_are_held_by_those_who_need_them(self, services):
        def holders(word):
            return {name for name, service in services.items() if word in str(service.get("environment"))}

        assert holders("DATABASE_OWNER_PASSWORD") == {"postgres", "migrate"}
        assert holders("POSTGRES_PASSWORD") == {"postgres"}
        assert holders("DATABASE_SEALER_PASSWORD") == {"postgres", "worker"}
        assert holders("AUDIT_SIGNING_KEY") == {"worker"}
