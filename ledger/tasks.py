"""The front door that the worker looks for; each task lives with its feature."""

from ledger.attachments.tasks import attachments_forget as attachments_forget
from ledger.attachments.tasks import blobs_forgotten_delete as blobs_forgotten_delete
from ledger.books.tasks import invitation_mail_send as invitation_mail_send
from ledger.idempotency.tasks import idempotency_keys_purge as idempotency_keys_purge
from ledger.sync.tasks import sync_events_purge as sync_events_purge
