"""Where backups lie: what is not whole has no name there."""

from __future__ import annotations

import pytest

from rupaya.backups.errors import BackupError
from rupaya.backups.places import Bucket, Folder, place_find

NAME = "rupaya-2026-11-23T10-00-00Z.dump.age"
OLDER = "rupaya-2026-11-22T10-00-00Z.dump.age"


@pytest.fixture
def bucket(aws):
    client = aws("s3")
    client.create_bucket(
        Bucket="rupaya-backups", CreateBucketConfiguration={"LocationConstraint": "ap-south-1"}
    )
    yield Bucket(client, "rupaya-backups", "nightly/")
    for one in client.list_objects_v2(Bucket="rupaya-backups").get("Contents", []):
        client.delete_object(Bucket="rupaya-backups", Key=one["Key"])
    client.delete_bucket(Bucket="rupaya-backups")


@pytest.fixture(params=["folder", "bucket"])
def place(request, tmp_path):
    return (
        Folder(tmp_path / "x" / "backups") if request.param == "folder" else request.getfixturevalue("bucket")
    )


def put(place, name, *parts):
    with place.writing(name) as out:
        for part in parts:
            out.write(part() if callable(part) else part)


def broken_off():
    """Parts of which the second never comes."""
    return b"x" * (20 << 20), lambda: 1 // 0


class TestPlace:
    @pytest.mark.parametrize("parts", [[], [b"one"], [b"x" * (5 << 20)] * 7])
    def test_gives_back_what_was_put(self, place, parts):
        put(place, NAME, *parts)

        with place.reading(NAME) as source:
            assert source.read() == b"".join(parts)

    def test_lists_backups_alone_oldest_first(self, place):
        for name in (NAME, OLDER, "notes.txt", f"{NAME}.old"):
            put(place, name, b"x")

        assert place.names() == [OLDER, NAME]

    def test_has_nothing_of_what_broke_off(self, place):
        with pytest.raises(ZeroDivisionError):
            put(place, NAME, *broken_off())

        assert place.names() == []

    def test_removes_one(self, place):
        put(place, NAME, b"x")
        put(place, OLDER, b"x")

        place.remove(OLDER)

        assert place.names() == [NAME]

    def test_says_what_is_not_there(self, place):
        with pytest.raises(BackupError), place.reading(NAME) as source:
            source.read()


class TestFolder:
    def test_lets_nobody_else_read(self, tmp_path):
        folder = Folder(tmp_path / "backups")
        put(folder, NAME, b"x")

        assert oct((folder.path / NAME).stat().st_mode)[-3:] == "600"
        assert [one.name for one in folder.path.iterdir()] == [NAME]

    def test_says_that_it_can_not_be_made(self, tmp_path):
        (tmp_path / "file").touch()

        with pytest.raises(BackupError, match="can't be written"):
            put(Folder(tmp_path / "file" / "backups"), NAME, b"x")


class TestBucket:
    def test_leaves_no_half_upload_that_is_paid_for(self, bucket):
        with pytest.raises(ZeroDivisionError):
            put(bucket, NAME, *broken_off())

        assert "Uploads" not in bucket.s3.list_multipart_uploads(Bucket="rupaya-backups")

    def test_says_that_there_is_none(self, bucket):
        with pytest.raises(BackupError, match=r"s3://elsewhere: .*NoSuchBucket"):
            put(Bucket(bucket.s3, "elsewhere", ""), NAME, b"x")


class TestPlaceFind:
    def test_tells_s3_from_a_folder(self, tmp_path):
        for text, prefix in (("s3://rupaya-backups/nightly/", "nightly/"), ("s3://rupaya-backups", "")):
            found = place_find(text, region="ap-south-1")

            assert isinstance(found, Bucket)
            assert (found.bucket, found.prefix) == ("rupaya-backups", prefix)
        assert place_find(str(tmp_path), region="ap-south-1") == Folder(tmp_path)

    @pytest.mark.parametrize("text", ["s3://", "s3:///x", "s3://x/y?z"])
    def test_refuses_half_an_address(self, text):
        with pytest.raises(BackupError, match="is no place in S3"):
            place_find(text, region="ap-south-1")
