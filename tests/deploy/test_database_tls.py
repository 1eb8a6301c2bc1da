"""TLS to the database: whom tasks trust, and that nobody else is believed."""

from __future__ import annotations

import datetime as dt
import os
import runpy
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from rupaya.core import clock
from rupaya.core.environment import database_settings, libpq_url
from tests.support.engines import ROOT
from tests.support.tls import authority_make, tls_before

BUNDLE = ROOT / "deploy/certificates/rds-ap-south-1.pem"
COMPARE = runpy.run_path(str(ROOT / "deploy/certificates/compare.py"))
HOST = "localhost"  # what a certificate is for; the way there is by address
YEARS = 10


@pytest.fixture(scope="module")
def authority():
    return authority_make("an authority of this test")


@contextmanager
def answered(certificate):
    """The test's database by TCP, behind who answers with that certificate; its URL with other parts."""
    parts = conninfo_to_dict(os.environ["DATABASE_URL"])
    host, port = str(parts["host"]), int(str(parts["port"]))
    with tls_before(host=host, port=port, certificate=certificate) as own:
        yield lambda **more: make_conninfo(
            "", **{**parts, "host": HOST, "hostaddr": "127.0.0.1", "port": own, **more}
        )


@pytest.fixture
def certified(authority, committed, tmp_path):
    """The test's database at a port that speaks TLS, with a certificate for HOST."""
    with answered(authority.issue(tmp_path, host=HOST)) as url:
        yield url


@pytest.fixture
def trusted(authority, tmp_path):
    path = tmp_path / "trusted.pem"
    path.write_text(authority.pem)
    return str(path)


def asked(url, *, certificate):
    """What a login gets by the options that the settings make."""
    made = database_settings(url, name="DATABASE_URL", ssl=True, root_certificate=certificate, pool_size=None)
    with psycopg.connect(url, **made["OPTIONS"]) as connection:
        return connection.execute("SELECT current_user").fetchone()


class TestDatabaseSettings:
    def test_believe_a_server_whose_certificate_is_signed_by_who_is_trusted(self, certified, trusted):
        assert asked(certified(), certificate=trusted) == ("rupaya_user",)

    def test_believe_no_server_that_somebody_else_signed(self, certified):
        with pytest.raises(psycopg.OperationalError, match="certificate verify failed"):
            asked(certified(), certificate=str(BUNDLE))

    def test_believe_no_server_of_another_name(self, certified, trusted):
        with pytest.raises(psycopg.OperationalError, match="does not match host name"):
            asked(certified(host="db.example.in"), certificate=trusted)

    def test_send_nothing_in_the_clear(self, committed, trusted):
        with (
            answered(None) as url,
            pytest.raises(psycopg.OperationalError, match="server does not support SSL"),
        ):
            asked(url(), certificate=trusted)


class TestLibpqUrl:
    def test_verifies_for_what_connects_by_itself(self, certified, trusted):
        url = libpq_url(certified(), name="BACKUP_DATABASE_URL", ssl=True, root_certificate=trusted)

        with psycopg.connect(url) as connection:
            assert connection.pgconn.ssl_in_use

    def test_believes_nobody_else(self, certified):
        url = libpq_url(certified(), name="BACKUP_DATABASE_URL", ssl=True, root_certificate=str(BUNDLE))

        with pytest.raises(psycopg.OperationalError, match="certificate verify failed"):
            psycopg.connect(url)


class TestBundle:
    def test_is_amazons_for_the_region_alone_and_lasts(self):
        found = x509.load_pem_x509_certificates(BUNDLE.read_bytes())

        assert len(found) == 3
        for one in found:
            assert "CN=Amazon RDS ap-south-1 Root CA " in one.subject.rfc4514_string()
            one.verify_directly_issued_by(one)
            assert one.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
            assert one.not_valid_after_utc > clock.now() + dt.timedelta(days=365 * YEARS)

    def test_holds_who_signs_for_the_instance_that_terraform_makes(self):
        code = (ROOT / "deploy/terraform/modules/database/main.tf").read_text()
        assert 'ca_cert_identifier     = "rds-ca-rsa2048-g1"' in code

        names = [one.subject.rfc4514_string() for one in x509.load_pem_x509_certificates(BUNDLE.read_bytes())]
        assert any("Root CA RSA2048 G1" in name for name in names)

    def test_comes_into_the_image(self):
        assert "!deploy/certificates/rds-ap-south-1.pem" in (ROOT / ".dockerignore").read_text().splitlines()


class TestCompare:
    @pytest.fixture
    def other(self):
        return authority_make("another").pem

    def run(self, tmp_path, ours, theirs):
        paths = [Path(tmp_path / name) for name in ("ours", "theirs")]
        for path, text in zip(paths, (ours, theirs), strict=True):
            path.write_text(text)
        return COMPARE["main"](*paths)

    def test_is_well_where_both_are_the_same(self, tmp_path):
        assert self.run(tmp_path, BUNDLE.read_text(), BUNDLE.read_text()) == 0

    def test_fails_where_ours_has_what_is_not_published(self, tmp_path, other, capsys):
        assert self.run(tmp_path, BUNDLE.read_text() + other, BUNDLE.read_text()) == 1
        digest = x509.load_pem_x509_certificate(other.encode()).fingerprint(hashes.SHA256()).hex()
        assert digest in capsys.readouterr().out

    def test_fails_where_there_is_nothing_to_compare(self, tmp_path):
        assert self.run(tmp_path, "", BUNDLE.read_text()) == 1

    def test_tells_of_a_new_one_and_goes_on(self, tmp_path, other, capsys):
        assert self.run(tmp_path, BUNDLE.read_text(), BUNDLE.read_text() + other) == 0
        assert "::warning::" in capsys.readouterr().out
