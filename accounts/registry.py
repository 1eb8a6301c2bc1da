"""What other apps do when a person signs up. They register it in their AppConfig.ready()."""

from __future__ import annotations

from typing import Final, Protocol
from uuid import UUID


class SignupStep(Protocol):
    """Runs inside the sign-up's transaction, acting as the new person; what it raises undoes the sign-up."""

    def __call__(self, *, user_id: UUID, full_name: str) -> None:
        """Will do what the new person needs."""


_signup_steps: Final[list[SignupStep]] = []


def signup_step_register(step: SignupStep) -> None:
    """Will run `step` at every sign-up, in the order of registration; once, however often it is named."""
    if step not in _signup_steps:
        _signup_steps.append(step)


def signup_steps() -> tuple[SignupStep, ...]:
    """All registered steps, in order."""
    return tuple(_signup_steps)
