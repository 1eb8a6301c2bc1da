"""What RUPAYA asks of a password beyond Django's own validators. No composition rules (OWASP ASVS 6.2.5)."""

from __future__ import annotations

from typing import Final

from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import ValidationError

from accounts.rules import PASSWORD_MAX, is_plain_text

_CONTEXT_WORD: Final = "rupaya"
_REMAINDER_MIN: Final = 8  # characters that are left once the product's name is taken out


class MaximumLengthValidator:
    """A password is at most 128 characters of text: hashing more only serves who wants to tire the server."""

    def validate(self, password: str, user: AbstractBaseUser | None = None) -> None:  # noqa: ARG002
        """Will raise ValidationError for a longer one, or one that is not text."""
        if len(password) > PASSWORD_MAX:
            raise ValidationError(
                f"This password is too long. It must contain at most {PASSWORD_MAX} characters.",
                code="password_too_long",
            )
        if not is_plain_text(password):
            raise ValidationError(
                "This password holds a character that is not text. Please type it again.",
                code="password_not_text",
            )

    def get_help_text(self) -> str:
        """What a form says before anything is typed."""
        return f"Your password can contain at most {PASSWORD_MAX} characters."


class ContextWordValidator:
    """The product's own name is the first thing a guesser tries (OWASP ASVS 6.2.11)."""

    def validate(self, password: str, user: AbstractBaseUser | None = None) -> None:  # noqa: ARG002
        """Will raise ValidationError for a password that is little more than the product's name."""
        folded = password.casefold()
        if _CONTEXT_WORD in folded and len(folded.replace(_CONTEXT_WORD, "")) < _REMAINDER_MIN:
            raise ValidationError(
                f"This password is too close to the name of this service. Add at least {_REMAINDER_MIN} "
                f"other characters to “{_CONTEXT_WORD}”, or leave it out.",
                code="password_context_word",
            )

    def get_help_text(self) -> str:
        """What a form says before anything is typed."""
        return "Your password can’t be little more than the name of this service."
