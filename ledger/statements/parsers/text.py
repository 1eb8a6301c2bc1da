"""Bytes to lines of text, whatever the bank's software and the customer's computer made of them."""

import re
from typing import Final

from ledger.statements.rules import text_fold
from rupaya.core.errors import Rejected

FILE_BYTES_MAX: Final = 5 * 1024 * 1024
FILENAME_CHARACTERS_MAX: Final = 80
SNIFF_BYTES: Final = 4096
UTF16_NUL_SHARE: Final = 0.4

FIX_AS_GIVEN: Final = (
    "Upload the file as the bank gives it, not saved again in Excel: for HDFC Bank choose the Delimited format in "
    "NetBanking, for the State Bank of India the Excel format of the account statement."
)
_FIX_UNPACK: Final = f"Unpack it if it is an archive. {FIX_AS_GIVEN}"
_FIX_DAMAGED: Final = "Download the statement from the bank again: this copy is damaged."

# What the first bytes give away, never the file's name: (first bytes, what it is, what to do).
_SIGNATURES: Final[tuple[tuple[bytes, str, str], ...]] = (
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an Excel workbook", FIX_AS_GIVEN),
    (b"PK\x03\x04", "an Excel workbook or a zip archive", _FIX_UNPACK),
    (b"PK\x05\x06", "an empty zip archive", FIX_AS_GIVEN),
    (b"\x1f\x8b", "a gzip archive", _FIX_UNPACK),
    (b"Rar!", "a RAR archive", _FIX_UNPACK),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive", _FIX_UNPACK),
    (b"%PDF", "a PDF", FIX_AS_GIVEN),
    (b"{\\rtf", "a text document with formatting", FIX_AS_GIVEN),
    (b"\x89PNG", "a picture", FIX_AS_GIVEN),
    (b"\xff\xd8\xff", "a picture", FIX_AS_GIVEN),
    (b"GIF8", "a picture", FIX_AS_GIVEN),
    (b"II*\x00", "a picture", FIX_AS_GIVEN),
    (b"MM\x00*", "a picture", FIX_AS_GIVEN),
    (b"RIFF", "a picture or a recording", FIX_AS_GIVEN),
)
_HEIC_MARK: Final = b"ftyp"  # four bytes into HEIC pictures and MP4 films
_WEB_PAGE: Final = re.compile(
    r"\s*(?:<!doctype html|<\?xml|<!--|<(?:html|head|body|meta|table|script|style|div)\b)", re.I
)
_LINE_END: Final = re.compile(r"\r\n|\r|\n")


class StatementUnreadable(Rejected):
    """Raised when a file is no statement of a layout that is known; nothing of it was read.

    `why` and `fix` are sentences fit for a customer; the message is both together.
    """

    code = "statement_unreadable"
    title = "The statement could not be read"

    def __init__(self, *, why: str, fix: str) -> None:
        super().__init__(f"{why} {fix}")
        self.why = why
        self.fix = fix


def filename_quote(*, filename: str) -> str:
    """Will return the file's name in quotation marks for a sentence, short and without control characters."""
    return f"“{text_fold(text=filename, characters_max=FILENAME_CHARACTERS_MAX) or 'The file'}”"


def lines_read(*, data: bytes, filename: str) -> list[str]:
    """Will decode the file and return its lines without line ends; entry 0 is the file's line 1.

    Knows UTF-8 and UTF-16 with and without a byte order mark, and Windows-1252. CRLF, CR and LF end a
    line; NUL characters are dropped. `filename` only appears in sentences. Raises StatementUnreadable
    for an empty file and for what is no text: workbooks, PDFs, archives, pictures, web pages.
    """
    name = filename_quote(filename=filename)
    head = data[:SNIFF_BYTES].lstrip()
    for signature, kind, fix in _SIGNATURES:
        if head.startswith(signature):
            raise StatementUnreadable(why=f"{name} is {kind}, not a text file.", fix=fix)
    if data[4:8] == _HEIC_MARK:
        raise StatementUnreadable(why=f"{name} is a picture or a film, not a text file.", fix=FIX_AS_GIVEN)
    text = _decode(data, name).replace("\0", "")
    if not text.strip():
        fix = "Download the statement from the bank again and choose a period that has transactions."
        raise StatementUnreadable(why=f"{name} is empty.", fix=fix)
    if _WEB_PAGE.match(text):
        raise StatementUnreadable(why=f"{name} is a web page, not a statement.", fix=FIX_AS_GIVEN)
    return _LINE_END.split(text)


def _decode(data: bytes, name: str) -> str:
    encoding = _encoding(data)
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        if encoding != "utf-8-sig":
            raise StatementUnreadable(why=f"{name} is not whole.", fix=_FIX_DAMAGED) from None
    try:
        return data.decode("cp1252")
    except UnicodeDecodeError:
        return data.decode("latin-1")  # five bytes mean nothing in cp1252; a narration is no reason to refuse


def _encoding(data: bytes) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    head = data[:SNIFF_BYTES]
    enough = len(head) // 2 * UTF16_NUL_SHARE
    if head and head[1::2].count(0) > enough:
        return "utf-16-le"
    if head and head[0::2].count(0) > enough:
        return "utf-16-be"
    return "utf-8-sig"
