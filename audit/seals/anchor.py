"""Heads where nobody can change them: an S3 bucket with Object Lock, in compliance mode.

An object's name holds the seal's number and its head's hash, so that a listing alone tells whether the database still
has the same heads. Versions are listed, not objects: a delete marker hides an object, and not its versions.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from django.conf import settings

from audit.seals.models import Seal

_KEY: Final = "heads/{number:018d}-{hash}.note"
_NAMED: Final = re.compile(r"heads/(?P<number>\d{18})-(?P<hash>[0-9a-f]{64})\.note")
# Short: sealing goes on meanwhile, and the next minute tries again.
_CONFIG: Final = Config(
    connect_timeout=5, read_timeout=10, retries={"mode": "standard", "total_max_attempts": 3}
)


class AnchorUnavailable(RuntimeError):
    """Raised where the bucket does not answer, refuses, or locks nothing."""


@dataclass(frozen=True, slots=True)
class Anchored:
    """What the bucket holds of a seal."""

    number: int
    hash: str
    kept_since: dt.datetime


def anchor_put(seal: Seal, *, until: dt.datetime) -> str:
    """Will put a seal's head into the bucket, so that nobody can delete it before `until`; returns its version.

    Safe to run twice: the second is another version of the same. Raises AnchorUnavailable, also where the bucket has no
    Object Lock: a head that can be deleted proves nothing.
    """
    try:
        client = _client(settings.AUDIT_ANCHOR_ENDPOINT, settings.AWS_REGION)
        _lock_check(client)
        done = client.put_object(
            Bucket=settings.AUDIT_ANCHOR_BUCKET,
            Key=_KEY.format(number=seal.number, hash=bytes(seal.head_hash).hex()),
            Body=seal.head.encode(),
            ContentType="text/plain; charset=utf-8",
            ChecksumAlgorithm="SHA256",
            ObjectLockMode="COMPLIANCE",
            ObjectLockRetainUntilDate=until,
        )
    except (BotoCoreError, ClientError) as error:
        raise AnchorUnavailable(f"The head of seal {seal.number} was not anchored: {error}") from error
    return str(done.get("VersionId", ""))


def anchors_list() -> Iterator[Anchored]:
    """What the bucket holds, by number; a thousand a request. Raises AnchorUnavailable."""
    try:
        pages = _client(settings.AUDIT_ANCHOR_ENDPOINT, settings.AWS_REGION).get_paginator(
            "list_object_versions"
        )
        for page in pages.paginate(Bucket=settings.AUDIT_ANCHOR_BUCKET, Prefix="heads/"):
            for version in page.get("Versions", []):
                match = _NAMED.fullmatch(version["Key"])
                if match:
                    yield Anchored(int(match["number"]), match["hash"], version["LastModified"])
    except (BotoCoreError, ClientError) as error:
        raise AnchorUnavailable(f"The anchored heads can't be read: {error}") from error


def _lock_check(client: Any) -> None:
    try:
        found = client.get_object_lock_configuration(Bucket=settings.AUDIT_ANCHOR_BUCKET)
    except ClientError as error:
        if error.response["Error"]["Code"] != "ObjectLockConfigurationNotFoundError":
            raise
        found = {}
    if found.get("ObjectLockConfiguration", {}).get("ObjectLockEnabled") != "Enabled":
        raise AnchorUnavailable(
            f"The bucket {settings.AUDIT_ANCHOR_BUCKET} has no Object Lock; heads in it could be deleted."
        )


@lru_cache(maxsize=4)
def _client(endpoint: str, region: str) -> Any:
    return boto3.client("s3", endpoint_url=endpoint or None, region_name=region, config=_CONFIG)
