-- The table goes with the migration, and its policies and triggers with it.
DROP FUNCTION ledger_attachment_orphans(text[]);
DROP FUNCTION ledger_attachment_purge(integer);
DROP TRIGGER ledger_attachment_removed_once ON ledger_attachment;
DROP FUNCTION ledger_attachment_removal();
DROP TRIGGER ledger_attachment_in_book ON ledger_attachment;
DROP FUNCTION ledger_attachment_guard();
