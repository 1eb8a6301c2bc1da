"""The same flags for clients of OpenFeature (openfeature.dev).

`openfeature.api.get_client().get_boolean_value(name, False, EvaluationContext(targeting_key=str(user.pk)))`
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import UUID

from openfeature.evaluation_context import EvaluationContext
from openfeature.exception import ErrorCode
from openfeature.flag_evaluation import FlagResolutionDetails, Reason
from openfeature.provider import AbstractProvider, Metadata

from flags.selectors import flag_explain

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Person:
    """Whom a targeting key names."""

    pk: UUID


class FlagsProvider(AbstractProvider):
    """Resolves through `flag_explain`, and nothing else.

    One difference to the standard, on purpose: a flag that is unknown or can't be read is off, whatever default the
    caller brings. A client would give that default wherever there is an error code, so the code stands in the metadata,
    beside the reason ERROR. The targeting key is the person's id; what else a context holds is not looked at, for a
    client could have sent it.
    """

    def get_metadata(self) -> Metadata:
        """Its name."""
        return Metadata(name="rupaya")

    def resolve_boolean_details(
        self, flag_key: str, default_value: bool, evaluation_context: EvaluationContext | None = None  # noqa: ARG002, FBT001  # the standard's
    ) -> FlagResolutionDetails[bool]:  # fmt: skip
        """What the flag says, with OpenFeature's reason, variant and error code."""
        said = flag_explain(name=flag_key, user=_person(evaluation_context))
        return FlagResolutionDetails(
            value=said.value,
            reason=Reason(said.reason.value),
            variant=said.variant,
            flag_metadata={"error_code": said.error_code.value} if said.error_code else {},
        )

    def resolve_string_details(
        self, flag_key: str, default_value: str, evaluation_context: EvaluationContext | None = None  # noqa: ARG002  # the standard's
    ) -> FlagResolutionDetails[str]:  # fmt: skip
        """No flag is a text."""
        return _mistyped(default_value)

    def resolve_integer_details(
        self, flag_key: str, default_value: int, evaluation_context: EvaluationContext | None = None  # noqa: ARG002  # the standard's
    ) -> FlagResolutionDetails[int]:  # fmt: skip
        """No flag is a number."""
        return _mistyped(default_value)

    def resolve_float_details(
        self, flag_key: str, default_value: float, evaluation_context: EvaluationContext | None = None  # noqa: ARG002  # the standard's
    ) -> FlagResolutionDetails[float]:  # fmt: skip
        """No flag is a number."""
        return _mistyped(default_value)

    def resolve_object_details(
        self,
        flag_key: str,  # noqa: ARG002  # the standard's
        default_value: Sequence[Any] | Mapping[str, Any],
        evaluation_context: EvaluationContext | None = None,  # noqa: ARG002  # the standard's
    ) -> FlagResolutionDetails[Sequence[Any] | Mapping[str, Any]]:
        """No flag is an object."""
        return _mistyped(default_value)


def _person(context: EvaluationContext | None) -> _Person | None:
    try:
        return _Person(UUID((context and context.targeting_key) or ""))
    except ValueError:
        return None


def _mistyped(default: T) -> FlagResolutionDetails[T]:
    return FlagResolutionDetails(
        value=default,
        reason=Reason.ERROR,
        error_code=ErrorCode.TYPE_MISMATCH,
        error_message="Flags are on or off.",
    )
