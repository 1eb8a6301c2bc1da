"""Reading the environment."""

from __future__ import annotations

import re
import stat

import pytest
from django.core.exceptions import ImproperlyConfigured
from psycopg.conninfo import conninfo_to_dict

from rupaya.core.environment import (
    database_settings,
    derived_key,
    development_secrets,
    host_of,
    libpq_url,
    media_storage,
    metrics_bind,
    origin_patterns,
    production_refusal,
    rate_read,
    rates_of_people,
    replica_settings,
)

GOOD = {
    "DATABASE_URL": "postgresql://rupaya_user:x9-quiet-harbour@db.internal/rupaya",
    "REDIS_URL": "rediss://cache.internal:6379/0",
    "JWT_SECRET": "0123456789abcdefghijklmnopqrstuvwxyz",
    "JWT_REFRESH_SECRET": "zyxwvutsrqponmlkjihgfedcba9876543210",
    "SENDGRID_API_KEY": "SG.something",
}


def settings_of(url, **given):
    return database_settings(
        url, **{"name": "DATABASE_URL", "ssl": False, "root_certificate": "", "pool_size": 10, **given}
    )


class TestLibpqUrl:
    URL = "postgresql://rupaya_backup:geheim@db.internal/rupaya"

    def test_says_what_database_ssl_asks_for(self):
        found = conninfo_to_dict(
            libpq_url(self.URL, name="BACKUP_DATABASE_URL", ssl=True, root_certificate="/ca.pem")
        )

        assert (found["sslmode"], found["sslrootcert"]) == ("verify-full", "/ca.pem")
        assert (found["host"], found["password"]) == ("db.internal", "geheim")

    @pytest.mark.parametrize(
        ("url", "ssl"), [(URL, False), ("", True), (f"{URL}?sslmode=disable", True)],
    )  # fmt: skip
    def test_leaves_alone_what_asks_for_nothing_or_says_it_itself(self, url, ssl):
        assert libpq_url(url, name="BACKUP_DATABASE_URL", ssl=ssl, root_certificate="/ca.pem") == url

    def test_refuses_what_is_no_url_and_tells_no_password(self):
        with pytest.raises(ImproperlyConfigured, match="BACKUP_DATABASE_URL") as refused:
            libpq_url("mysql://u:geheim@h/d", name="BACKUP_DATABASE_URL", ssl=True, root_certificate="")

        assert "geheim" not in str(refused.value)


class TestReplicaSettings:
    PRIMARY = settings_of("postgresql://rupaya_user:geheim@db.internal/rupaya")

    def made(self, url, **given):
        common = {"ssl": False, "root_certificate": "", "pool_size": 4}
        return replica_settings(url, name="DATABASE_REPLICA_URL", primary=self.PRIMARY, **common | given)

    @pytest.mark.parametrize(
        "url", ["postgresql://near.internal:5433", "postgresql://rupaya_user@near.internal:5433/rupaya"]
    )
    def test_takes_from_the_primary_what_it_leaves_out(self, url):
        found = self.made(url)

        assert [found[key] for key in ("HOST", "PORT", "USER", "PASSWORD", "NAME")] == [
            "near.internal", "5433", "rupaya_user", "geheim", "rupaya",
        ]  # fmt: skip

    def test_only_reads_and_waits_for_nobody(self):
        found = self.made("host=near.internal options='-c geqo=off'", ssl=True, root_certificate="/ca.pem")

        options = found["OPTIONS"]
        assert options["options"] == "-c geqo=off -c default_transaction_read_only=on"
        assert (options["sslmode"], options["sslrootcert"]) == ("verify-full", "/ca.pem")
        assert options["pool"] == {"min_size": 1, "max_size": 4, "timeout": 1}
        assert options["keepalives_idle"] == 5
        assert found["TEST"] == {"MIRROR": "default"}

    @pytest.mark.parametrize(
        "url",
        ["postgresql://postgres:geheim@near.internal/rupaya", "postgresql://near.internal/staging", "postgresql:///rupaya",
         "mysql://rupaya_user:geheim@near.internal/rupaya", "near.internal"],
    )  # fmt: skip
    def test_refuses_another_role_another_database_and_what_names_no_host(self, url):
        with pytest.raises(ImproperlyConfigured, match="DATABASE_REPLICA_URL") as refused:
            self.made(url)

        assert "geheim" not in str(refused.value)


class TestMediaStorage:
    def test_is_a_folder_without_a_bucket(self):
        assert media_storage(bucket="", region="ap-south-1") == {
            "BACKEND": "django.core.files.storage.FileSystemStorage"
        }

    def test_is_a_private_bucket_with_signed_addresses(self):
        options = media_storage(bucket="rupaya-media", region="ap-south-1")["OPTIONS"]

        assert (options["bucket_name"], options["region_name"]) == ("rupaya-media", "ap-south-1")
        assert options["default_acl"] is None
        assert (options["querystring_auth"], options["signature_version"]) == (True, "s3v4")


class TestDatabaseSettings:
    def test_reads_a_url_whole(self):
        found = settings_of("postgresql://rupaya_user:p%40ss@db:5433/rupaya?application_name=web")

        assert (found["HOST"], found["PORT"], found["USER"], found["PASSWORD"], found["NAME"]) == (
            "db", "5433", "rupaya_user", "p@ss", "rupaya",
        )  # fmt: skip
        assert found["OPTIONS"]["application_name"] == "web"
        assert (found["CONN_MAX_AGE"], found["CONN_HEALTH_CHECKS"]) == (0, True)

    def test_reads_a_socket_directory(self):
        assert settings_of("postgresql://u@/d?host=/run/postgresql")["HOST"] == "/run/postgresql"

    def test_bounds_the_pool(self):
        assert settings_of("postgresql://u@h/d", pool_size=3)["OPTIONS"]["pool"]["max_size"] == 3
        assert "pool" not in settings_of("postgresql://u@h/d", pool_size=None)["OPTIONS"]

    @pytest.mark.parametrize(
        ("ssl", "certificate", "expected"),
        [(False, "/ca.pem", {}), (True, "", {"sslmode": "require"}),
         (True, "/ca.pem", {"sslmode": "verify-full", "sslrootcert": "/ca.pem"})],
    )  # fmt: skip
    def test_verifies_the_server_where_a_root_certificate_is_given(self, ssl, certificate, expected):
        options = settings_of("postgresql://u@h/d", ssl=ssl, root_certificate=certificate)["OPTIONS"]

        assert {key: options[key] for key in options if key.startswith("ssl")} == expected

    @pytest.mark.parametrize(
        "url",
        ["nonsense", "mysql://u@h/d", "postgresql://u@h:port/d", "postgresql://h", "postgresql://h/d", "://"],
    )
    def test_refuses_what_is_no_database(self, url):
        with pytest.raises(ImproperlyConfigured, match="DATABASE_OWNER_URL"):
            settings_of(url, name="DATABASE_OWNER_URL")

    def test_tells_no_password(self):
        with pytest.raises(ImproperlyConfigured) as raised:
            settings_of("postgresql://u:geheim@h:port/d")

        assert "geheim" not in str(raised.value)


class TestDevelopmentSecrets:
    def test_are_made_once_and_kept_for_their_owner_only(self, tmp_path):
        made = development_secrets(tmp_path / "var")

        path = tmp_path / "var" / "secrets.json"
        assert development_secrets(tmp_path / "var") == made
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert made["JWT_SECRET"] != made["JWT_REFRESH_SECRET"]
        assert [entry.name for entry in path.parent.iterdir()] == ["secrets.json"]

    def test_are_made_anew_where_the_file_is_broken(self, tmp_path):
        development_secrets(tmp_path)
        (tmp_path / "secrets.json").unlink()

        assert development_secrets(tmp_path) == development_secrets(tmp_path)


class TestDerivedKey:
    def test_differs_by_secret_and_by_purpose(self):
        keys = {derived_key(secret, purpose=purpose) for secret in "ab" for purpose in "xy"}

        assert len(keys) == 4
        assert all(re.fullmatch("[0-9a-f]{64}", key) for key in keys)


class TestOriginPatterns:
    @pytest.mark.parametrize(
        ("allowed", "origin"),
        [("localhost:8000", "http://localhost:8000"), ("localhost:8000", "https://localhost:8000"),
         ("app.rupaya.com", "https://app.rupaya.com"),
         ("*.rupaya.com", "https://a.rupaya.com"), ("*.rupaya.com", "https://a.b-c.rupaya.com"),
         ("https://x.in:8443", "https://x.in:8443"),
         ("http://localhost:3001", "http://localhost:3001"), (" A.Rupaya.com , b.in", "https://b.in")],
    )  # fmt: skip
    def test_let_in_whom_they_name(self, allowed, origin):
        assert any(re.match(pattern, origin) for pattern in origin_patterns(allowed))

    @pytest.mark.parametrize(
        "origin",
        ["https://rupaya.com", "http://a.rupaya.com", "https://evilrupaya.com",
         "https://a.rupaya.com.evil.in", "https://a.rupaya.com:8443",
         "https://a.rupaya.com/", "https://a.rupaya.com\n", "https://a.rupaya.com\nx",
         "https://evil.in#.rupaya.com", "https://evil.in/.rupaya.com",
         "https://evil.in?.rupaya.com", "https://user@a.rupaya.com", "https://aXrupaya.com",
         "https://.rupaya.com", "https://a..rupaya.com",
         "xhttps://a.rupaya.com", "null", "", "*", "file://", "https://a.rupaya.co",
         "https://localhost:3001x", "http://localhost:30011",
         "http://localhost", "http://localhost.evil.in:3001", "http://127.0.0.1:3001",
         "https://а.rupaya.com", "HTTPS://evil.in"],
    )  # fmt: skip
    def test_keep_everybody_else_out(self, origin):
        patterns = origin_patterns("localhost:8000,localhost:3001,*.rupaya.com")

        assert not any(re.match(pattern, origin) or re.search(pattern, origin) for pattern in patterns)

    @pytest.mark.parametrize(
        "text",
        ["*", "*.com", "http://app.rupaya.com", "ftp://a.in", "a.in/path", "a b.in", "*.*.in", "a.*.in",
         "https://", "user@a.in", "a.in:port",
         "^.*$", ".rupaya.com", "a..in", "https://*"],
    )  # fmt: skip
    def test_refuse_to_be_set_to_anything_wider(self, text):
        with pytest.raises(ImproperlyConfigured, match="ALLOWED_ORIGINS"):
            origin_patterns(text)

    def test_are_none_where_nothing_is_set(self):
        assert origin_patterns("") == origin_patterns(" , ") == []


class TestRateRead:
    @pytest.mark.parametrize(
        ("text", "rate"),
        [("100/15m", (100, 900)), ("1000/h", (1000, 3600)), ("5/s", (5, 1)), ("1/24h", (1, 86_400)),
         (" 7/d ", (7, 86_400)), ("9/900s", (9, 900))],
    )  # fmt: skip
    def test_reads_how_many_in_how_many_seconds(self, text, rate):
        assert rate_read(text, name="RATE_LIMIT_API") == rate

    @pytest.mark.parametrize(
        "text",
        ["", "100", "100/", "/15m", "1000/H", "100/15 m", "1000 / h", "100/15M", "0/h", "-1/h", "1.5/h", "100/0m",
         "100/m15", "100/15min", "100/2d", "1e3/h", "100/15m\n5/h", "100/15m;", "١٠٠/h", "9999999999/h", "none"],
    )  # fmt: skip
    def test_guesses_nothing(self, text):
        with pytest.raises(ImproperlyConfigured, match="RATE_LIMIT_API"):
            rate_read(text, name="RATE_LIMIT_API")


class TestRatesOfPeople:
    ASHA = "01a20813-3619-7795-97bb-3945abce2f27"

    def read(self, text):
        return rates_of_people(text, name="RATE_LIMIT_PEOPLE", limits=("api", "transactions"))

    def test_reads_each(self):
        assert self.read(f"{self.ASHA}:api=500/15m, {self.ASHA.upper()}:transactions=5/s,") == {
            (self.ASHA, "api"): (500, 900),
            (self.ASHA, "transactions"): (5, 1),
        }

    def test_are_none_where_nothing_is_set(self):
        assert self.read("") == {}

    @pytest.mark.parametrize(
        "text",
        ["asha@example.in:api=5/s", f"{ASHA}:login=5/s", f"{ASHA}:api=5", f"{ASHA}=5/s", f"{ASHA}:API=5/s", "api=5/s",
         f"{ASHA}:api=5/s,{ASHA}:api=6/s"],
    )  # fmt: skip
    def test_guesses_nothing(self, text):
        with pytest.raises(ImproperlyConfigured, match="RATE_LIMIT_PEOPLE"):
            self.read(text)


class TestHostOf:
    def test_is_the_host_without_its_port(self):
        assert host_of("https://app.rupaya.com:8443/x", name="FRONTEND_URL") == "app.rupaya.com"

    @pytest.mark.parametrize(
        "url", ["", "app.rupaya.com", "//app.rupaya.com", "ftp://a.in", "https://", "http://[::1"]
    )
    def test_refuses_what_is_no_absolute_url(self, url):
        with pytest.raises(ImproperlyConfigured, match="FRONTEND_URL"):
            host_of(url, name="FRONTEND_URL")


class TestProductionRefusal:
    def test_lets_a_good_environment_start(self):
        assert production_refusal(GOOD) is None

    @pytest.mark.parametrize("name", GOOD)
    def test_names_a_variable_that_is_missing_or_empty(self, name):
        assert name in str(production_refusal({key: GOOD[key] for key in GOOD if key != name}))
        assert name in str(production_refusal(GOOD | {name: ""}))

    @pytest.mark.parametrize(
        ("name", "value"),
        [("JWT_SECRET", "short"), ("JWT_SECRET", "a" * 64), ("JWT_REFRESH_SECRET", "abcabcabc" * 8),
         ("JWT_REFRESH_SECRET", GOOD["JWT_SECRET"]),
         ("DATABASE_URL", "postgresql://rupaya_user:password@h/d"),
         ("DATABASE_URL", "postgresql://rupaya_user:Rupaya_User@h/d"),
         ("DATABASE_URL", "postgresql://rupaya_user@h/d"), ("DATABASE_URL", "geheim"),
         ("DATABASE_REPLICA_URL", "postgresql://rupaya_user:password@h/d"),
         ("BACKUP_DATABASE_URL", "postgresql://rupaya_backup:rupaya_backup@h/d"),
         ("BACKUP_DRILL_URL", "postgresql://postgres:postgres@h"),
         ("SENDGRID_API_KEY", " "), ("DEBUG", "true "), ("DEBUG", "on\r"),
         ("REDIS_PASSWORD", "redis"),
         ("DEBUG", "true"), ("DEBUG", "1"), ("DEBUG", "Yes"), ("DEBUG", "on"), ("DEBUG", "y"),
         ("DEBUG", "ok")],
    )  # fmt: skip
    def test_names_a_variable_that_is_weak(self, name, value):
        refusal = str(production_refusal(GOOD | {name: value}))

        assert name in refusal
        assert refusal.endswith(".")
        assert "geheim" not in refusal

    @pytest.mark.parametrize(
        "url", ["redis://:secret@h/0", "redis://:%73ecret@h/0", "redis://h/0?password=Redis", "redis://[::1"]
    )
    def test_reads_the_caches_url_which_goes_before_the_caches_password(self, url):
        given = GOOD | {"REDIS_URL": url, "REDIS_PASSWORD": "of-its-own"}

        assert "REDIS_URL" in str(production_refusal(given))

    @pytest.mark.parametrize("name", ["DATABASE_REPLICA_URL", "BACKUP_DATABASE_URL", "BACKUP_DRILL_URL"])
    def test_asks_no_password_of_who_comes_another_way(self, name):
        assert production_refusal(GOOD | {name: "postgresql:///rupaya?host=/run/postgresql"}) is None

    @pytest.mark.parametrize("value", ["", "false", "0", "off", "no"])
    def test_lets_debug_be_off(self, value):
        assert production_refusal(GOOD | {"DEBUG": value}) is None


class TestMetricsBind:
    @pytest.mark.parametrize("text", ["", "127.0.0.1:9464", "[::1]:9464", "0.0.0.0:9464"])
    def test_takes_an_address_with_a_port_of_its_own(self, text):
        assert metrics_bind(text, port=8000) == text

    @pytest.mark.parametrize(
        "text", ["9464", ":9464", "127.0.0.1", "127.0.0.1:", "127.0.0.1:0", "127.0.0.1:x", "127.0.0.1:８"]
    )
    def test_refuses_what_is_none(self, text):
        with pytest.raises(ImproperlyConfigured, match="METRICS_BIND"):
            metrics_bind(text, port=8000)

    def test_refuses_the_public_port(self):
        with pytest.raises(ImproperlyConfigured, match="one of its own"):
            metrics_bind("127.0.0.1:8000", port=8000)
