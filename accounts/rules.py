"""What an e-mail address, a name and a password may be made of. Pure: no database, no clock."""

from __future__ import annotations

import unicodedata
from typing import Final

from django.core.exceptions import ValidationError

from rupaya.core.text import composed, has_hidden

EMAIL_MAX: Final = 254  # characters; RFC 5321 §4.5.3.1.3, less the angle brackets
FULL_NAME_MAX: Final = 120  # characters
PASSWORD_MAX: Final = 128  # characters


def email_normal(text: str) -> str:
    """The address as it is stored: as typed, without outer blanks, in Unicode's composed form (NFC)."""
    return composed(text.strip())


def full_name_normal(text: str) -> str:
    """The name as it is stored: as typed, without outer blanks, in Unicode's composed form (NFC)."""
    return composed(text.strip())


def email_validate(text: str) -> None:
    """Will raise ValidationError for blanks and invisible characters, some of which RFC 5321 would allow."""
    if any(unicodedata.category(character)[0] in "CZ" for character in text):
        raise ValidationError(
            "An e-mail address here must not hold blanks or invisible characters.", code="invalid"
        )


def full_name_validate(text: str) -> None:
    """Will raise ValidationError for a name that cannot be seen, has control characters or turns direction."""
    if has_hidden(text):
        raise ValidationError(
            "A name must not hold control characters; please type it without them.", code="control_characters"
        )
    if not any(unicodedata.category(character)[0] in "LNS" for character in text):
        raise ValidationError("A name needs at least one letter.", code="invalid")


def is_plain_text(text: str) -> bool:
    """Whether a text has neither a NUL nor half a character, which no hasher and no database takes."""
    return not any(character == "\x00" or "\ud800" <= character <= "\udfff" for character in text)
