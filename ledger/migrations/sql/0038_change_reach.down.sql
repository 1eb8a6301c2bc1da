DROP FUNCTION ledger_external_ids_veiled(uuid, uuid[], text[]);
DROP FUNCTION ledger_change_reach(uuid, uuid);
