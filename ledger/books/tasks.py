"""Work on books in the background."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from ledger.books.selectors import invitation_to_deliver
from ledger.books.services import INVITATION_TASK, invitation_mail_deliver
from rupaya.core import clock
from rupaya.core.db import acting_as, job_actor

# 4 s, 16 s, 64 s, … : a mail service that is down for an hour delays a letter, it does not lose it.
_RETRY: Final = RetryStrategy(max_attempts=7, exponential_wait=4)


@app.task(name=INVITATION_TASK, retry=_RETRY)
def invitation_mail_send(*, invitation_id: str, inviter_id: str) -> None:
    """Will send an invitation's letter, reading it as whoever sent it; none once it is over.

    Somebody who is no owner any more when the letter is due invites nobody. A worker that is killed between
    sending and saying so sends it again, with the same link.
    """
    with acting_as(job_actor(INVITATION_TASK, user_id=UUID(inviter_id))):
        invitation = invitation_to_deliver(invitation_id=UUID(invitation_id), now=clock.now())
    if invitation is not None:
        invitation_mail_deliver(invitation=invitation)
