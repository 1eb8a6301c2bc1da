DROP TRIGGER audit_insert ON ledger_book;
DROP TRIGGER audit_update ON ledger_book;
DROP TRIGGER audit_delete ON ledger_book;
DROP TRIGGER truncate_refuse ON ledger_book;
DROP TRIGGER audit_insert ON ledger_member;
DROP TRIGGER audit_update ON ledger_member;
DROP TRIGGER audit_delete ON ledger_member;
DROP TRIGGER truncate_refuse ON ledger_member;
DROP TRIGGER audit_insert ON ledger_account;
DROP TRIGGER audit_update ON ledger_account;
DROP TRIGGER audit_delete ON ledger_account;
DROP TRIGGER truncate_refuse ON ledger_account;
DROP TRIGGER audit_insert ON ledger_transaction;
DROP TRIGGER audit_update ON ledger_transaction;
DROP TRIGGER audit_delete ON ledger_transaction;
DROP TRIGGER truncate_refuse ON ledger_transaction;
DROP TRIGGER audit_insert ON ledger_statement;
DROP TRIGGER audit_update ON ledger_statement;
DROP TRIGGER audit_delete ON ledger_statement;
DROP TRIGGER truncate_refuse ON ledger_statement;

ALTER TABLE ledger_statement_line DROP CONSTRAINT ledger_statement_line_statement_in_book;
ALTER TABLE ledger_statement DROP CONSTRAINT ledger_statement_account_in_book;
ALTER TABLE ledger_month_total DROP CONSTRAINT ledger_month_total_account_in_book;
ALTER TABLE ledger_posting
  DROP CONSTRAINT ledger_posting_account_in_book,
  DROP CONSTRAINT ledger_posting_transaction_in_book;
ALTER TABLE ledger_account
  DROP CONSTRAINT ledger_account_parent_in_book,
  DROP CONSTRAINT ledger_account_id_in_book;

DROP POLICY book_entries ON audit_logs;
DO $$
DECLARE
  tenant text;
BEGIN
  FOREACH tenant IN ARRAY ARRAY['ledger_account', 'ledger_transaction', 'ledger_posting', 'ledger_month_total',
                                'ledger_statement', 'ledger_statement_line'] LOOP
    EXECUTE format('DROP POLICY members_read ON %I', tenant);
    EXECUTE format('DROP POLICY writers_insert ON %I', tenant);
    EXECUTE format('DROP POLICY writers_update ON %I', tenant);
    EXECUTE format('DROP POLICY writers_delete ON %I', tenant);
    EXECUTE format('DROP POLICY owner_reads ON %I', tenant);
    EXECUTE format('ALTER TABLE %I NO FORCE ROW LEVEL SECURITY', tenant);
    EXECUTE format('ALTER TABLE %I DISABLE ROW LEVEL SECURITY', tenant);
  END LOOP;
END
$$;
DROP POLICY members_read ON ledger_member;
ALTER TABLE ledger_member DISABLE ROW LEVEL SECURITY;
GRANT INSERT, UPDATE, DELETE ON ledger_member TO rupaya_user;
DROP POLICY members_read ON ledger_book;
DROP POLICY owners_update ON ledger_book;
DROP POLICY owner_reads ON ledger_book;
DROP POLICY owner_opens ON ledger_book;
ALTER TABLE ledger_book NO FORCE ROW LEVEL SECURITY;
ALTER TABLE ledger_book DISABLE ROW LEVEL SECURITY;
GRANT INSERT, UPDATE, DELETE ON ledger_book TO rupaya_user;
GRANT UPDATE ON ledger_account TO rupaya_user;

DROP FUNCTION ledger_book_open(uuid, uuid, text, text, text, integer);
DROP FUNCTION tenant_table(regclass, text);
DROP FUNCTION app_books(text);
