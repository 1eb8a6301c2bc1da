ALTER POLICY book_entries ON audit_logs USING (book_id = ANY ((SELECT app_books('read'))::uuid[]));
DROP TRIGGER ledger_account_writable_delete ON ledger_statement_line;
DROP TRIGGER ledger_account_writable_update ON ledger_statement_line;
DROP TRIGGER ledger_account_writable_insert ON ledger_statement_line;
DROP TRIGGER ledger_account_writable_delete ON ledger_statement;
DROP TRIGGER ledger_account_writable_update ON ledger_statement;
DROP TRIGGER ledger_account_writable_insert ON ledger_statement;
DROP TRIGGER ledger_account_writable_delete ON ledger_account;
DROP TRIGGER ledger_account_writable_update ON ledger_account;
DROP FUNCTION ledger_account_writable();
ALTER POLICY members_read ON ledger_statement_line USING (book_id = ANY ((SELECT app_books('read'))::uuid[]));
ALTER POLICY members_read ON ledger_statement USING (book_id = ANY ((SELECT app_books('read'))::uuid[]));
ALTER POLICY members_read ON ledger_account USING (book_id = ANY ((SELECT app_books('read'))::uuid[]));

DROP TRIGGER audit_insert ON ledger_account_visibility;
DROP TRIGGER audit_update ON ledger_account_visibility;
DROP TRIGGER audit_delete ON ledger_account_visibility;
DROP TRIGGER truncate_refuse ON ledger_account_visibility;
DROP TRIGGER ledger_account_visibility_guard ON ledger_account_visibility;
DROP FUNCTION ledger_account_visibility_guard();
DROP POLICY owners_read ON ledger_account_visibility;
DROP POLICY members_read_own ON ledger_account_visibility;
DROP POLICY owners_insert ON ledger_account_visibility;
DROP POLICY owners_update ON ledger_account_visibility;
DROP POLICY owners_delete ON ledger_account_visibility;
DROP POLICY owner_reads ON ledger_account_visibility;
DROP POLICY owner_lifts ON ledger_account_visibility;
ALTER TABLE ledger_account_visibility NO FORCE ROW LEVEL SECURITY;
ALTER TABLE ledger_account_visibility DISABLE ROW LEVEL SECURITY;
DROP FUNCTION app_books_veiled();
DROP FUNCTION app_accounts_locked();
DROP FUNCTION app_accounts_hidden();
ALTER TABLE ledger_account_visibility
  DROP CONSTRAINT ledger_account_visibility_of_member,
  DROP CONSTRAINT ledger_account_visibility_account_in_book;

DROP FUNCTION ledger_invitation_accept(bytea);
DROP FUNCTION ledger_invitation_show(bytea);
DROP FUNCTION ledger_invitation_for_actor(bytea);
DROP FUNCTION ledger_invitation_revoke(uuid, uuid);
DROP FUNCTION ledger_invitation_open(uuid, uuid, text, text, bytea);
DROP TRIGGER audit_insert ON ledger_invitation;
DROP TRIGGER audit_update ON ledger_invitation;
DROP TRIGGER audit_delete ON ledger_invitation;
DROP TRIGGER truncate_refuse ON ledger_invitation;
DROP POLICY owners_read ON ledger_invitation;
DROP POLICY owner_reads ON ledger_invitation;
DROP POLICY owner_invites ON ledger_invitation;
DROP POLICY owner_settles ON ledger_invitation;
ALTER TABLE ledger_invitation NO FORCE ROW LEVEL SECURITY;
ALTER TABLE ledger_invitation DISABLE ROW LEVEL SECURITY;

DROP FUNCTION ledger_ownership_transfer(uuid, uuid);
DROP FUNCTION ledger_member_remove(uuid, uuid);
DROP FUNCTION ledger_member_role_set(uuid, uuid, text);
DROP TRIGGER ledger_member_keeps_owner_update ON ledger_member;
DROP TRIGGER ledger_member_keeps_owner_delete ON ledger_member;
DROP FUNCTION ledger_member_keeps_owner();
DROP TRIGGER ledger_member_limits_insert ON ledger_member;
DROP TRIGGER ledger_member_limits_update ON ledger_member;
DROP FUNCTION ledger_member_limits();

DROP FUNCTION ledger_book_currency_set(uuid, text);
DROP TRIGGER ledger_book_time_zone ON ledger_book;
DROP FUNCTION ledger_book_time_zone_guard();
REVOKE UPDATE (time_zone, fiscal_year_start_month, month_start_day) ON ledger_book FROM rupaya_user;

DROP FUNCTION ledger_book_own(uuid);
DROP FUNCTION ledger_person_lock(uuid);
DROP FUNCTION ledger_member_lock(uuid);
