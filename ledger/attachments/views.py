"""`/v1/transactions/{id}/attachments` and `/v1/attachments`."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from django.http import FileResponse
from django.urls import reverse
from django.utils.http import content_disposition_header
from rest_framework.exceptions import UnsupportedMediaType
from rest_framework.request import Request
from rest_framework.response import Response

from ledger.attachments import schemas
from ledger.attachments.blobs import blob_link, blob_open
from ledger.attachments.links import Link, link_read, link_sign
from ledger.attachments.rules import FILE_BYTES_MAX
from ledger.attachments.selectors import attachment_of, attachments_of, transaction_check
from ledger.attachments.serializers import AttachmentIn, attachment_out
from ledger.attachments.services import attachment_add, attachment_remove
from ledger.books.access import book_for
from ledger.books.schemas import BOOK_ASK
from ledger.books.views import book_of
from rupaya.core import clock
from rupaya.core.api import ApiView, input_read, list_body
from rupaya.core.db import acting_as
from rupaya.core.limits import request_count
from rupaya.core.operations import documented
from rupaya.core.parsers import UploadParser
from rupaya.core.web import actor_of, user_id_of

if TYPE_CHECKING:  # queries live in selectors
    from ledger.attachments.models import Attachment

# Whatever a file holds, a browser that opens it instead of saving it runs nothing of it, here or anywhere.
_POLICY: Final = "default-src 'none'; frame-ancestors 'none'; sandbox"


class AttachmentCollection(ApiView):
    """A transaction's attachments."""

    def get_parsers(self) -> list[Any]:
        """A file comes as multipart/form-data."""
        return [UploadParser(file_bytes_max=FILE_BYTES_MAX)]

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Will take the file in before the transaction opens: a slow phone must not hold a connection.

        Only from somebody who is signed in. Whether the type of the body fits is told after who may see the book.
        """
        self.perform_authentication(request)
        self.check_permissions(request)
        self.check_throttles(request)
        with suppress(UnsupportedMediaType):
            _ = request.data
        super().initial(request, *args, **kwargs)

    @documented(
        "attachments_list",
        "List the papers of a transaction",
        asks=(BOOK_ASK,),
        gives=schemas.AttachmentPage,
        refuses=schemas.LISTS,
    )
    def get(self, request: Request, transaction_id: UUID) -> Response:
        """All of them, oldest first: `?limit=`, `?cursor=`."""
        found = attachments_of(book=book_of(request, "read"), transaction_id=transaction_id)
        return Response(list_body([_shown(attachment, request) for attachment in found], request=request))

    @documented(
        "attachment_create",
        "Attach a paper",
        asks=(BOOK_ASK,),
        takes=AttachmentIn,
        gives={200: schemas.AttachmentOut, 201: schemas.AttachmentOut},
        refuses=schemas.ATTACHES,
    )
    def post(self, request: Request, transaction_id: UUID) -> Response:
        """Will keep a file: 201, or 200 where the transaction has the same one."""
        book = book_of(request, "write")
        transaction_check(book=book, transaction_id=transaction_id)  # before a word about the body
        body = request.data
        file = input_read(AttachmentIn, data=body.dict() if hasattr(body, "dict") else body)["file"]
        added = attachment_add(
            book=book,
            transaction_id=transaction_id,
            data=file.read(FILE_BYTES_MAX + 1),
            name=file.name,
            now=clock.now(),
        )
        return Response(_shown(added.attachment, request), status=201 if added.is_new else 200)


class AttachmentResource(ApiView):
    """One attachment."""

    @documented(
        "attachment_get",
        "Show a paper",
        asks=(BOOK_ASK,),
        gives=schemas.AttachmentOut,
        refuses=schemas.READS_ATTACHMENT,
    )
    def get(self, request: Request, attachment_id: UUID) -> Response:
        """What it is, and `download_url`, good for five minutes."""
        attachment = attachment_of(book=book_of(request, "read"), attachment_id=attachment_id)
        return Response(_shown(attachment, request))

    @documented(
        "attachment_delete", "Remove a paper", asks=(BOOK_ASK,), gives={204: None}, refuses=schemas.REMOVES
    )
    def delete(self, request: Request, attachment_id: UUID) -> Response:
        """Will remove it."""
        attachment_remove(book=book_of(request, "write"), attachment_id=attachment_id)
        return Response(status=204)


class AttachmentFile(ApiView):
    """The bytes, where they lie on this machine, for whoever has the address: browsers and viewers send no token."""

    authentication_classes = ()
    permission_classes = ()

    def check_throttles(self, request: Request) -> None:
        """Will wait for the address to be read: it names a person."""

    def perform_content_negotiation(self, request: Request, force: bool = False) -> Any:  # noqa: ARG002, FBT001, FBT002
        """Will give the bytes to a caller who asks for `image/*` too; a refusal stays JSON."""
        return super().perform_content_negotiation(request, force=True)

    @documented(
        "attachment_download",
        "Fetch a paper",
        asks=(schemas.TOKEN_ASK,),
        gives=schemas.PaperBytes,
        refuses=schemas.FETCHES,
        headers=("Content-Disposition",),
    )
    def get(self, request: Request, attachment_id: UUID) -> FileResponse:
        """Will stream the file, to be saved; 404 for an address that expired or was made up."""
        link = link_read(token=request.GET.get("token", ""), attachment_id=attachment_id)
        request_count(request, person=link.user_id)
        with acting_as(replace(actor_of(request), user_id=link.user_id)):
            book = book_for(user_id=link.user_id, book_id=link.book_id, right="read")
            attachment = attachment_of(book=book, attachment_id=attachment_id)
        return FileResponse(
            blob_open(key=attachment.storage_key),
            as_attachment=True,
            filename=attachment.name,
            content_type=attachment.content_type,
            headers={"Content-Security-Policy": _POLICY},
        )


def _shown(attachment: Attachment, request: Request) -> dict[str, Any]:
    return attachment_out(attachment, download_url=_download_url(attachment, request))


def _download_url(attachment: Attachment, request: Request) -> str:
    elsewhere = blob_link(
        key=attachment.storage_key,
        content_type=attachment.content_type,
        disposition=content_disposition_header(as_attachment=True, filename=attachment.name) or "attachment",
    )
    if elsewhere:
        return elsewhere
    token = link_sign(Link(attachment.pk, attachment.book_id, user_id_of(request)))
    path = reverse("attachment_file", kwargs={"attachment_id": attachment.pk})
    return str(request.build_absolute_uri(f"{path}?token={token}"))
