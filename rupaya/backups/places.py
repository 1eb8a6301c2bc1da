"""Where backups lie: a folder, or a bucket of S3. What is not whole never gets a backup's name."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Protocol
from urllib.parse import urlsplit

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from rupaya.backups.envelope import Reader, Writer
from rupaya.backups.errors import USAGE, BackupError

NAME: Final = re.compile(r"rupaya-\d{4}-\d{2}-\d{2}T\d{2}-\d{2}-\d{2}Z\.dump\.age")
_PART_BYTES: Final = 16 << 20  # S3 takes 10,000 of them: 160 GB
_PAGES_MAX: Final = 100


class Place(Protocol):
    """Somewhere that backups are put. Names sort by their moment."""

    def names(self) -> list[str]:
        """Every backup's name, oldest first."""

    def writing(self, name: str) -> Any:
        """A context that gives a Writer; what ends it with an exception leaves nothing under the name."""

    def reading(self, name: str) -> Any:
        """A context that gives a Reader. Raises BackupError where there is none."""

    def remove(self, name: str) -> None:
        """Will remove one."""


def place_find(text: str, *, region: str) -> Place:
    """The place that a text names: a folder, or s3://bucket/prefix. Raises BackupError."""
    if not text.startswith("s3://"):
        return Folder(Path(text))
    parts = urlsplit(text)
    if not parts.netloc or parts.query or parts.fragment:
        raise BackupError(f"{text!r} is no place in S3; write it like s3://bucket/prefix.", code=USAGE)
    config = Config(connect_timeout=5, read_timeout=60, retries={"mode": "standard", "total_max_attempts": 5})
    client = boto3.client("s3", region_name=region, config=config)
    prefix = parts.path.strip("/")
    return Bucket(client, parts.netloc, f"{prefix}/" if prefix else "")


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder on this machine; it is made where it is not there."""

    path: Path

    def names(self) -> list[str]:
        """Every backup's name, oldest first."""
        return sorted(one.name for one in self.path.glob("*") if NAME.fullmatch(one.name))

    @contextmanager
    def writing(self, name: str) -> Iterator[Writer]:
        """Under another name first; only its owner reads it."""
        draft = self.path / f".{name}.part"
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            draft.rename(self.path / name)
        except OSError as error:
            raise BackupError(f"{self.path} can't be written: {error.strerror or error}.") from error
        finally:
            with suppress(OSError):
                draft.unlink()

    @contextmanager
    def reading(self, name: str) -> Iterator[Reader]:
        """The file."""
        try:
            file = (self.path / name).open("rb")
        except OSError as error:
            raise BackupError(f"{self.path / name} can't be read: {error.strerror}.") from error
        with file:
            yield file

    def remove(self, name: str) -> None:
        """Will remove one."""
        (self.path / name).unlink(missing_ok=True)


@dataclass(frozen=True, slots=True)
class Bucket:
    """A bucket of S3, written in parts as the dump comes: no room on this machine is needed."""

    s3: Any
    bucket: str
    prefix: str

    def names(self) -> list[str]:
        """Every backup's name, oldest first."""
        found: list[str] = []
        with _explained(self.bucket):
            pages = self.s3.get_paginator("list_objects_v2").paginate(
                Bucket=self.bucket,
                Prefix=f"{self.prefix}rupaya-",
                PaginationConfig={"MaxItems": 1000 * _PAGES_MAX},
            )
            for page in pages:
                found += [one["Key"].removeprefix(self.prefix) for one in page.get("Contents", ())]
        return sorted(name for name in found if NAME.fullmatch(name))

    @contextmanager
    def writing(self, name: str) -> Iterator[Writer]:
        """The object is there once all parts are; a part that is left over is thrown away."""
        where = {"Bucket": self.bucket, "Key": f"{self.prefix}{name}"}
        with _explained(self.bucket):
            upload = self.s3.create_multipart_upload(**where)["UploadId"]
            parts = _Parts(self.s3, where, upload)
            try:
                yield parts
                parts.end()
            except BaseException:
                self.s3.abort_multipart_upload(**where, UploadId=upload)
                raise

    @contextmanager
    def reading(self, name: str) -> Iterator[Reader]:
        """The object's bytes as they come."""
        with _explained(self.bucket):
            body = self.s3.get_object(Bucket=self.bucket, Key=f"{self.prefix}{name}")["Body"]
            try:
                yield body
            finally:
                body.close()

    def remove(self, name: str) -> None:
        """Will remove one; where the bucket keeps versions or locks them, S3 decides."""
        with _explained(self.bucket):
            self.s3.delete_object(Bucket=self.bucket, Key=f"{self.prefix}{name}")


@dataclass(slots=True)
class _Parts:
    """Collects bytes to parts of 16 MiB and uploads each."""

    s3: Any
    where: dict[str, str]
    upload: str
    done: list[dict[str, Any]] = field(default_factory=list)
    _held: bytearray = field(default_factory=bytearray)

    def write(self, data: bytes) -> int:
        self._held += data
        while len(self._held) >= _PART_BYTES:
            self._send(_PART_BYTES)
        return len(data)

    def flush(self) -> None:
        """A part is sent when it is full: S3 takes no small ones but the last."""

    def end(self) -> None:
        if self._held or not self.done:
            self._send(len(self._held))
        self.s3.complete_multipart_upload(
            **self.where, UploadId=self.upload, MultipartUpload={"Parts": self.done}
        )

    def _send(self, count: int) -> None:
        number = len(self.done) + 1
        answer = self.s3.upload_part(
            **self.where, UploadId=self.upload, PartNumber=number, Body=bytes(self._held[:count])
        )
        del self._held[:count]
        self.done.append({"PartNumber": number, "ETag": answer["ETag"]})


@contextmanager
def _explained(bucket: str) -> Iterator[None]:
    try:
        yield
    except (BotoCoreError, ClientError) as error:
        raise BackupError(f"s3://{bucket}: {error}") from error
