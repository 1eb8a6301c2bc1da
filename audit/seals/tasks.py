"""What happens to the log every minute."""

from __future__ import annotations

from typing import Final

import structlog
from django.conf import settings
from django.db import connections
from procrastinate.contrib.django import app

from audit.seals.anchor import AnchorUnavailable
from audit.seals.keys import public_keys, signer
from audit.seals.rows import SEALER
from audit.seals.services import anchor_newest, seal_make
from rupaya.core import clock
from rupaya.core.db import Actor, acting_as

SEAL_TASK: Final = "audit.seal"
SEALS_MAX: Final = 10  # a run; what is left then, the next minute takes
_JOB: Final = Actor(user_id=None, kind="job")
_log = structlog.get_logger("audit.seals")


@app.periodic(cron="* * * * *")
@app.task(name=SEAL_TASK, queueing_lock=SEAL_TASK, lock=SEAL_TASK)
def log_seal(timestamp: int) -> None:  # noqa: ARG001  # procrastinate's: when it was due
    """Will seal what was committed, and anchor the newest head. Safe to run twice or at once.

    Only where the sealer's login is known: a worker without it leaves the log to one that has it.
    """
    if SEALER not in settings.DATABASES:
        return
    try:
        for _ in range(SEALS_MAX):
            with acting_as(_JOB, using=SEALER):
                made = seal_make(signer=signer(), keys=public_keys(), using=SEALER)
            if made:
                _log.info("audit.sealed", seal=made.number, entries=made.entries)
            if made is None or made.is_complete:
                break
        if settings.AUDIT_ANCHOR_BUCKET:
            _anchor()
    finally:
        connections[SEALER].close()


def _anchor() -> None:
    try:
        with acting_as(_JOB, using=SEALER):
            anchored = anchor_newest(now=clock.now(), using=SEALER)
    except AnchorUnavailable as error:
        _log.warning("audit.anchor.failed", error=str(error))
    else:
        if anchored:
            _log.info("audit.anchored", seal=anchored)
