"""Bytes in S3 (moto's server, which speaks the real protocol, through the real boto3) and on this machine."""

from __future__ import annotations

import datetime as dt
import urllib.request
from urllib.parse import parse_qs, urlsplit

import boto3
import pytest
from moto.server import ThreadedMotoServer

from ledger.attachments import services
from ledger.attachments.blobs import (
    StorageUnavailable,
    blob_discard,
    blob_link,
    blob_open,
    blob_write,
    blobs_delete,
    blobs_of_day,
)
from rupaya.core.environment import media_storage
from tests.ledger.attachments.papers import DAY, attached
from tests.ledger.attachments.pictures import PDF
from tests.ledger.desk import Api, record

BUCKET, REGION = "rupaya-media-test", "ap-south-1"
OTHER_DAY = DAY - dt.timedelta(days=1)


@pytest.fixture(scope="session")
def s3_server():
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def s3(s3_server, settings, monkeypatch):
    """The settings of a machine with a bucket; a client of the bucket's owner."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", s3_server)
    client = boto3.client("s3", region_name=REGION)
    client.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    options = media_storage(bucket=BUCKET, region=REGION)
    options["OPTIONS"]["addressing_style"] = "path"  # the server has no name for each bucket
    settings.AWS_S3_BUCKET = BUCKET
    settings.STORAGES = {**settings.STORAGES, "default": options}
    yield client
    for key in [entry["Key"] for entry in client.list_objects_v2(Bucket=BUCKET).get("Contents", [])]:
        client.delete_object(Bucket=BUCKET, Key=key)
    client.delete_bucket(Bucket=BUCKET)


@pytest.fixture(params=["s3", "local"])
def place(request, settings, tmp_path):
    if request.param == "s3":
        request.getfixturevalue("s3")
    settings.MEDIA_ROOT = tmp_path


@pytest.mark.usefixtures("place")
class TestBlobs:
    def test_come_back_as_they_went(self):
        key = blob_write(data=PDF, day=DAY)

        with blob_open(key=key) as file:
            assert file.read() == PDF

    def test_are_listed_by_their_day(self):
        keys = {blob_write(data=PDF, day=DAY) for _ in range(3)}
        blob_write(data=PDF, day=OTHER_DAY)

        assert set(blobs_of_day(day=DAY)) == keys
        assert blobs_of_day(day=dt.date(2020, 1, 1)) == []

    def test_are_forgotten_also_twice(self):
        key = blob_write(data=PDF, day=DAY)

        blobs_delete(keys=[key, key])

        assert blobs_of_day(day=DAY) == []


class TestLocally:
    def test_has_no_addresses_of_its_own(self):
        assert blob_link(key="x", content_type="application/pdf", disposition="attachment") is None

    def test_says_when_it_is_away_and_goes_on_when_told_to(self, settings, tmp_path):
        (tmp_path / "wall").touch()
        settings.MEDIA_ROOT = tmp_path / "wall"

        with pytest.raises(StorageUnavailable):
            blob_write(data=PDF, day=DAY)
        with pytest.raises(StorageUnavailable):
            blob_open(key="attachments/x")
        blob_discard(key="attachments/x")


class TestInS3:
    def test_are_private(self, s3, s3_server):
        key = blob_write(data=PDF, day=DAY)

        grants = s3.get_object_acl(Bucket=BUCKET, Key=key)["Grants"]
        assert [grant["Permission"] for grant in grants] == ["FULL_CONTROL"]
        assert "URI" not in grants[0]["Grantee"]

    def test_have_an_address_that_is_signed_for_five_minutes_and_says_how_to_answer(self, s3):
        key = blob_write(data=PDF, day=DAY)
        url = blob_link(
            key=key, content_type="application/pdf", disposition="attachment; filename*=utf-8''%E0%A4%95.pdf"
        )

        assert url
        with urllib.request.urlopen(url, timeout=10) as answer:
            assert answer.read() == PDF
            assert answer.headers["Content-Type"] == "application/pdf"
            assert answer.headers["Content-Disposition"] == "attachment; filename*=utf-8''%E0%A4%95.pdf"
            assert answer.headers["Cache-Control"] == "no-store"
        signed = parse_qs(urlsplit(url).query)
        assert signed["X-Amz-Algorithm"] == ["AWS4-HMAC-SHA256"]
        assert signed["X-Amz-Expires"] == ["300"]
        assert f"/{REGION}/s3/" in signed["X-Amz-Credential"][0]

    def test_are_addressed_in_their_own_region(self, monkeypatch, settings):
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
        settings.AWS_S3_BUCKET = BUCKET
        settings.STORAGES = {**settings.STORAGES, "default": media_storage(bucket=BUCKET, region=REGION)}

        url = blob_link(key="attachments/x", content_type="application/pdf", disposition="attachment")

        # Another host would send the browser on to this one, where the signature is wrong.
        assert url is not None
        assert url.startswith(f"https://{BUCKET}.s3.{REGION}.amazonaws.com/attachments/x?")

    def test_are_away_when_the_bucket_is(self, s3, settings):
        options = settings.STORAGES["default"]["OPTIONS"] | {"bucket_name": "nobody-has-this"}
        settings.STORAGES = settings.STORAGES | {
            "default": settings.STORAGES["default"] | {"OPTIONS": options}
        }

        with pytest.raises(StorageUnavailable):
            blob_write(data=PDF, day=DAY)
        with pytest.raises(StorageUnavailable):
            blobs_of_day(day=DAY)

    def test_are_fetched_by_a_phone_from_there(self, s3, asha):
        api = Api(asha)

        sent = api.upload(f"transactions/{record(asha)}/attachments", PDF, name="Big Bazaar.pdf").json()

        with urllib.request.urlopen(sent["download_url"], timeout=10) as answer:
            assert answer.read() == PDF
            assert answer.headers["Content-Disposition"] == 'attachment; filename="Big Bazaar.pdf"'

    def test_are_taken_back_where_the_row_is_refused(self, s3, asha, monkeypatch):
        monkeypatch.setattr(services, "_INSERT", "SELECT 1 / 0")

        with pytest.raises(Exception, match="division"):
            attached(asha)

        assert s3.list_objects_v2(Bucket=BUCKET).get("KeyCount") == 0
