"""Where the bytes lie: S3, or a folder of this machine, behind Django's storage."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import IO, Any, Final

import structlog
from botocore.exceptions import BotoCoreError, ClientError
from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from ledger.attachments.rules import LINK_S, storage_folder, storage_key_new
from rupaya.core.errors import Unavailable

_FAULTS: Final = (OSError, BotoCoreError, ClientError)
_log = structlog.get_logger("ledger.attachments")


class StorageUnavailable(Unavailable):
    """Raised when the place where files lie does not answer."""

    code = "storage_unavailable"
    title = "Files can't be stored or fetched right now"


def blob_write(*, data: bytes, day: dt.date) -> str:
    """Will keep the bytes under a new key and return it; raises StorageUnavailable."""
    with _reaching("write"):
        return str(default_storage.save(storage_key_new(day=day), ContentFile(data)))


def blob_open(*, key: str) -> IO[Any]:
    """The bytes, to be read piece by piece; raises StorageUnavailable."""
    with _reaching("read"):
        return default_storage.open(key, "rb")


def blobs_delete(*, keys: Iterable[str]) -> None:
    """Will forget the bytes, also where some are gone already; raises StorageUnavailable."""
    with _reaching("delete"):
        for key in keys:
            default_storage.delete(key)


def blob_discard(*, key: str) -> None:
    """Will try to forget the bytes of an upload that failed; what is left then, the nightly sweep takes."""
    try:
        blobs_delete(keys=[key])
    except StorageUnavailable:
        _log.warning("attachment.blob.left", storage_key=key)


def blobs_of_day(*, day: dt.date) -> list[str]:
    """The keys of all files that were written on a day; raises StorageUnavailable."""
    folder = storage_folder(day=day)
    with _reaching("list"):
        try:
            _, names = default_storage.listdir(folder)
        except FileNotFoundError:  # a local folder is made with its first file
            return []
    return [f"{folder}/{name}" for name in names]


def blob_link(*, key: str, content_type: str, disposition: str) -> str | None:
    """An address at S3 that gives the bytes for five minutes; None where they lie on this machine.

    Signing needs no request.
    """
    if not settings.AWS_S3_BUCKET:
        return None
    answer = {
        "ResponseContentType": content_type,
        "ResponseContentDisposition": disposition,
        "ResponseCacheControl": "no-store",
    }
    with _reaching("sign"):
        return str(default_storage.url(key, parameters=answer, expire=LINK_S))  # type: ignore[call-arg]  # S3Storage's


@contextmanager
def _reaching(what: str) -> Iterator[None]:
    try:
        yield
    except _FAULTS as error:
        _log.exception("attachment.storage.failed", doing=what)
        raise StorageUnavailable from error
