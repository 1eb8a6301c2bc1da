"""Work on people in the background."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from accounts.selectors import person_by_id
from accounts.services import WELCOME_TASK, welcome_mail_deliver
from rupaya.core.db import acting_as, job_actor

# 4 s, 16 s, 64 s, … : a mail service that is down for an hour delays a welcome, it does not lose it.
_RETRY: Final = RetryStrategy(max_attempts=7, exponential_wait=4)


@app.task(name=WELCOME_TASK, retry=_RETRY)
def welcome_mail_send(*, user_id: str) -> None:
    """Will send the welcome mail to a new person.

    Queued at most once for a person. A worker that is killed between sending and saying so sends it
    again: mail cannot be sent exactly once.
    """
    with acting_as(job_actor(WELCOME_TASK)):
        user = person_by_id(user_id=UUID(user_id))
    if user.is_active:
        welcome_mail_deliver(user=user)
