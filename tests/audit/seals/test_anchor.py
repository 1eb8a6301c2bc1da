"""Heads in S3 under Object Lock (moto's server, which speaks the real protocol, through the real boto3)."""

from __future__ import annotations

import datetime as dt

import boto3
import pytest
from moto.server import ThreadedMotoServer

from audit.seals import tasks
from audit.seals.anchor import AnchorUnavailable, anchor_put, anchors_list
from audit.seals.gauges import seal_gauges
from audit.seals.models import Anchor, Seal
from audit.seals.services import anchor_newest
from rupaya.core import clock
from rupaya.core.db import acting_as
from tests.audit.seals.sealing import SEALER, TAMPERED, seal_all, seal_newest, tampering, verify
from tests.support.cast import person_make

pytestmark = pytest.mark.usefixtures("own_database")
BUCKET, REGION = "rupaya-heads-test", "ap-south-1"


@pytest.fixture(scope="module")
def s3_server():
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def s3(s3_server, settings, monkeypatch, committed):
    """The settings of a worker with a bucket, one with Object Lock and empty; a client of its owner."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    settings.AUDIT_ANCHOR_BUCKET, settings.AUDIT_ANCHOR_ENDPOINT = f"{BUCKET}-{next(_numbers)}", s3_server
    client = boto3.client("s3", region_name=REGION, endpoint_url=s3_server)
    bucket_make(client, settings.AUDIT_ANCHOR_BUCKET, is_locked=True)
    return client


_numbers = iter(range(1000))


def bucket_make(client, name, *, is_locked):
    client.create_bucket(
        Bucket=name,
        CreateBucketConfiguration={"LocationConstraint": REGION},
        ObjectLockEnabledForBucket=is_locked,
    )


def anchor(using="sealer"):
    with acting_as(SEALER, using=using):
        return anchor_newest(now=clock.now(), using=using)


class TestAnchorPut:
    def test_locks_the_head_for_as_long_as_is_set(self, s3, settings, asha):
        seal_all()
        seal = seal_newest()
        until = dt.datetime(2036, 1, 1, tzinfo=dt.UTC)

        version = anchor_put(seal, until=until)

        key = f"heads/{seal.number:018d}-{bytes(seal.head_hash).hex()}.note"
        found = s3.get_object(Bucket=settings.AUDIT_ANCHOR_BUCKET, Key=key)
        assert found["Body"].read().decode() == seal.head
        assert (found["VersionId"], found["ObjectLockMode"]) == (version, "COMPLIANCE")
        assert found["ObjectLockRetainUntilDate"] == until

    def test_refuses_a_bucket_without_object_lock(self, s3, settings, asha):
        seal_all()
        settings.AUDIT_ANCHOR_BUCKET = f"{BUCKET}-loose-{next(_numbers)}"
        bucket_make(s3, settings.AUDIT_ANCHOR_BUCKET, is_locked=False)

        with pytest.raises(AnchorUnavailable, match="no Object Lock"):
            anchor_put(seal_newest(), until=clock.now())

    def test_says_so_where_there_is_no_bucket(self, s3, settings, asha):
        seal_all()
        settings.AUDIT_ANCHOR_BUCKET = "absent"

        with pytest.raises(AnchorUnavailable, match="was not anchored"):
            anchor_put(seal_newest(), until=clock.now())


class TestAnchorNewest:
    def test_puts_each_head_once(self, s3, asha):
        seal_all()

        newest = seal_newest()
        assert anchor() == newest.number
        assert anchor() is None
        assert Anchor.objects.using("sealer").get(seal=newest).version

    def test_puts_only_the_newest_after_a_time_without(self, s3, asha):
        seal_all()
        for name in ("Dev", "Esha"):
            person_make(name)
            seal_all()

        assert anchor() == seal_newest().number
        assert len(list(anchors_list())) == 1


class TestAnchorsList:
    def test_is_what_verification_compares_with(self, s3, asha, admin_url):
        seal_all()
        anchor()
        newest = seal_newest()

        assert verify(anchors=anchors_list()).differences == []
        with tampering(admin_url) as execute:
            execute("UPDATE audit_seal SET head_hash = sha256('other') WHERE number = %s", newest.number)
            found = verify(using=TAMPERED, anchors=anchors_list())
        assert ("rewritten", newest.number) in [(told.kind, told.seal) for told in found.differences]

    def test_sees_through_a_delete_marker(self, s3, settings, asha):
        seal_all()
        anchor()
        (key,) = [one["Key"] for one in s3.list_objects_v2(Bucket=settings.AUDIT_ANCHOR_BUCKET)["Contents"]]
        s3.delete_object(Bucket=settings.AUDIT_ANCHOR_BUCKET, Key=key)

        assert [found.number for found in anchors_list()] == [seal_newest().number]

    def test_says_so_where_there_is_no_bucket(self, s3, settings):
        settings.AUDIT_ANCHOR_BUCKET = "absent"

        with pytest.raises(AnchorUnavailable, match="can't be read"):
            list(anchors_list())


class TestLogSeal:
    def test_seals_and_anchors(self, s3, asha):
        tasks.log_seal(timestamp=0)

        newest = seal_newest()
        assert verify().differences == []
        assert Anchor.objects.using("sealer").filter(seal=newest).exists()

    def test_seals_though_the_bucket_is_away(self, s3, settings, asha):
        before = Seal.objects.using("sealer").count()
        settings.AUDIT_ANCHOR_BUCKET = "absent"

        tasks.log_seal(timestamp=0)

        assert Seal.objects.using("sealer").count() == before + 1
        gauges = {gauge.name: gauge.samples[0][1] for gauge in asked()}
        assert gauges["rupaya_audit_unsealed_seconds"] == 0
        assert gauges["rupaya_audit_unanchored_seconds"] > 0

    def test_seals_without_a_bucket(self, committed, settings, asha):
        before = Seal.objects.using("sealer").count()

        tasks.log_seal(timestamp=0)

        assert Seal.objects.using("sealer").count() == before + 1

    def test_leaves_it_to_others_where_the_login_is_not_known(self, committed, settings, asha, monkeypatch):
        monkeypatch.delitem(settings.DATABASES, "sealer")
        before = Seal.objects.count()

        tasks.log_seal(timestamp=0)

        assert Seal.objects.count() == before


class TestSealGauges:
    def test_tell_how_long_the_oldest_entry_waits(self, committed, asha, settings):
        waits = asked()[0]
        assert waits.name == "rupaya_audit_unsealed_seconds"
        assert 0 < waits.samples[0][1] < 3600

        seal_all()

        assert asked()[0].samples == [({}, 0)]

    def test_tell_of_the_bucket_where_there_is_one(self, committed, asha, settings):
        seal_all()
        assert len(asked()) == 1

        settings.AUDIT_ANCHOR_BUCKET = "bucket"

        assert [gauge.name for gauge in asked()] == [
            "rupaya_audit_unsealed_seconds",
            "rupaya_audit_unanchored_seconds",
        ]


def asked():
    with acting_as(SEALER):
        return list(seal_gauges())
