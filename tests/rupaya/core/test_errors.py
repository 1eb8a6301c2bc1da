"""Refusals: a family fixes the status, the sentence is the customer's."""

from __future__ import annotations

import pytest

from rupaya.core.errors import (
    Conflict,
    DomainError,
    FieldError,
    Forbidden,
    Gone,
    Invalid,
    NotFound,
    PreconditionFailed,
    Rejected,
    TooManyRequests,
    Unauthenticated,
    Unavailable,
)


class TestDomainError:
    @pytest.mark.parametrize(
        ("family", "status"),
        [(DomainError, 400), (Invalid, 400), (Unauthenticated, 401), (Forbidden, 403), (NotFound, 404),
         (Conflict, 409), (Gone, 410), (PreconditionFailed, 412), (Rejected, 422), (Unavailable, 503)],
    )  # fmt: skip
    def test_has_the_status_of_its_family(self, family, status):
        assert family.status == status

    def test_of_a_limit_says_when_to_come_back_and_which_limit_it_was(self):
        error = TooManyRequests(retry_after_s=30, policies=["login"])

        assert (error.status, error.retry_after_s, error.policies) == (429, 30, ("login",))
        assert error.message == "Too many requests, please try again later."

    def test_says_its_title_where_nothing_else_is_said(self):
        assert str(NotFound()) == NotFound().message == "There is nothing here."

    def test_carries_its_own_sentence_and_the_fields(self):
        wrong = FieldError("amount", "too_long", "Write less.")

        error = Invalid("Too long.", errors=(error for error in [wrong]))

        assert error.message == str(error) == "Too long."
        assert error.errors == (wrong,)
