"""Which keys sign and check heads here, from the settings."""

from __future__ import annotations

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from audit.seals.heads import HeadWrong, PublicKey, Signer, keys_by_id


def signer() -> Signer:
    """Who signs from now on; raises ImproperlyConfigured where no key is given."""
    if not settings.AUDIT_SIGNING_KEY:
        raise ImproperlyConfigured(
            "AUDIT_SIGNING_KEY is not set; only a process that seals the audit log has it."
        )
    return Signer(settings.AUDIT_LOG_NAME, settings.AUDIT_SIGNING_KEY)


def public_keys() -> dict[str, PublicKey]:
    """All keys that heads of this log may be signed with, by id: the present one's, and those of AUDIT_PUBLIC_KEYS.

    Raises ImproperlyConfigured where one is no key.
    """
    try:
        found = keys_by_id(settings.AUDIT_PUBLIC_KEYS)
    except HeadWrong as error:
        raise ImproperlyConfigured(f"AUDIT_PUBLIC_KEYS: {error}") from error
    if settings.AUDIT_SIGNING_KEY:
        own = signer().public
        found[own.id] = own
    return found
