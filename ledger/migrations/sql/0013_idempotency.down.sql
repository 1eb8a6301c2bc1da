DROP FUNCTION ledger_idempotency_purge(integer);
DROP FUNCTION ledger_idempotency_claim(text, bytea, timestamptz);
DROP TRIGGER ledger_idempotency_answered_once ON ledger_idempotency_key;
DROP FUNCTION ledger_idempotency_guard();
DROP POLICY owner_purges ON ledger_idempotency_key;
DROP POLICY owner_locks ON ledger_idempotency_key;
DROP POLICY owner_reads ON ledger_idempotency_key;
DROP POLICY own_keys ON ledger_idempotency_key;
