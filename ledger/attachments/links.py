"""Addresses for downloading that need no sign-in: a signature says for whom they were made, and until when."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.core import signing

from ledger.attachments.rules import LINK_S
from ledger.attachments.selectors import AttachmentNotFound

_SALT: Final = "ledger.attachments.links"
_ENDED: Final = "This address is not good any more; ask for the attachment again to get a new one."


@dataclass(frozen=True, slots=True)
class Link:
    """Which attachment may be fetched, in whose name: whether that person may read it is asked again."""

    attachment_id: UUID
    book_id: UUID
    user_id: UUID


def link_sign(link: Link) -> str:
    """The token, good for five minutes from now."""
    return signing.dumps([str(link.attachment_id), str(link.book_id), str(link.user_id)], salt=_SALT)


def link_read(*, token: str, attachment_id: UUID) -> Link:
    """What a token says; raises AttachmentNotFound for one that is forged, expired, or for another attachment."""
    try:
        link = Link(*map(UUID, signing.loads(token, salt=_SALT, max_age=LINK_S)))
    except signing.BadSignature as error:
        raise AttachmentNotFound(_ENDED) from error
    if link.attachment_id != attachment_id:
        raise AttachmentNotFound(_ENDED)
    return link
