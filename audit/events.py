"""What happens beside the data: signing in, refusals, exports, looks at a person. Recorded in the same log."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from audit.models import AuditLog
from rupaya.core.db import assert_acting, rows_as_dicts

Action = AuditLog.Action
_EVENT_SQL: Final = """
SELECT audit_event(%(action)s, %(resource_type)s, %(resource_id)s, %(book)s, %(about)s, %(changes)s::jsonb)
    AS is_recorded
"""


def event_record(
    *,
    action: AuditLog.Action,
    resource_type: str,
    resource_id: UUID | str,
    book_id: UUID | None = None,
    about_id: UUID | None = None,
    changes: Mapping[str, Any] | None = None,
) -> bool:
    """Will record an event of whoever acts, with the transaction that it is part of; one query.

    resource_type: small letters, such as the table's name. book_id: whose members see it; left out where the actor
    is no member. about_id: who sees it beside the actor; another person only where staff act, or nobody is signed
    in yet.
    changes: what is to be said, at most 4000 bytes of JSON, with no secret and nothing of another book.
    False where the very refusal was recorded within the last minute, or twenty others beside it. The database raises
    IntegrityError for INSERT, UPDATE and DELETE, which only its triggers tell of.
    """
    assert_acting()
    (row,) = rows_as_dicts(
        _EVENT_SQL,
        {
            "action": action.value,
            "resource_type": resource_type,
            "resource_id": str(resource_id),
            "book": book_id,
            "about": about_id,
            "changes": json.dumps(dict(changes or {})),
        },
    )
    return bool(row["is_recorded"])
