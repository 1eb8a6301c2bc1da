"""The front door that the worker looks for; each task lives with its feature."""

from ledger.idempotency.tasks import idempotency_keys_purge as idempotency_keys_purge
