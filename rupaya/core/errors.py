"""What can be refused, and how it is said.

A refusal is a `DomainError`. Its family fixes the HTTP status; a concrete class lives in the module
that raises it, carries the data of the refusal as fields, and its sentence is fit for a customer.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class FieldError:
    """One wrong input: which field, a stable code, and a sentence that says how to mend it."""

    field: str
    code: str
    message: str


class DomainError(Exception):
    """A refusal that a person can understand.

    `code` is stable and documented in docs/API.md; `title` is the same for every occurrence of the
    code; the exception's own text is the one sentence about this occurrence.
    """

    code: ClassVar[str] = "refused"
    title: ClassVar[str] = "The request was refused"
    status: ClassVar[int] = 400
    is_for_want_of_right: bool = False  # the audit log is told
    type_uri: ClassVar[str] = (
        "about:blank"  # RFC 9457's `type`, where a registered one says more than the status
    )

    way_on: str = ""  # the name of the page where a person mends it, which they get instead of the refusal

    def __init__(self, message: str = "", *, errors: Iterable[FieldError] = ()) -> None:
        self.message = message or f"{self.title}."
        self.errors = tuple(errors)
        super().__init__(self.message)


class Invalid(DomainError):
    """The input is wrong in itself."""

    code = "invalid"
    title = "Some of the input is not valid"
    status = 400


class Unauthenticated(DomainError):
    """Nobody, or nobody who may still act, is signed in."""

    code = "not_authenticated"
    title = "You are not signed in"
    status = 401


class Forbidden(DomainError):
    """The person is known and lacks the right."""

    code = "forbidden"
    title = "You may not do this"
    status = 403
    is_for_want_of_right = True


class NotFound(DomainError):
    """There is no such thing, or none that this person may know of."""

    code = "not_found"
    title = "There is nothing here"
    status = 404


class Gone(DomainError):
    """It was there, is over, and does not come back."""

    code = "gone"
    title = "This is over"
    status = 410


class Conflict(DomainError):
    """The state has moved on since the person looked."""

    code = "conflict"
    title = "This conflicts with what is there"
    status = 409


class PreconditionFailed(DomainError):
    """The person wants to change what somebody has changed since they read it."""

    code = "precondition_failed"
    title = "This has changed since you read it"
    status = 412


class Rejected(DomainError):
    """The input is well formed and a rule of money or of the book forbids it."""

    code = "rejected"
    title = "A rule of the book forbids this"
    status = 422


class TooManyRequests(DomainError):
    """The person, or their address, asked more often than the limit allows.

    `retry_after_s` is when the next request will be answered, `policies` the names of the limits that were hit.
    """

    code = "too_many_requests"
    title = "Too many requests, please try again later"
    status = 429
    type_uri = "https://iana.org/assignments/http-problem-types#quota-exceeded"

    def __init__(
        self,
        message: str = "",
        *,
        retry_after_s: int,
        policies: Iterable[str] = (),
        errors: Iterable[FieldError] = (),
    ) -> None:
        super().__init__(message, errors=errors)
        self.retry_after_s = retry_after_s
        self.policies = tuple(policies)


class Unavailable(DomainError):
    """Something that is needed does not answer right now."""

    code = "unavailable"
    title = "The service is not available right now"
    status = 503
