DROP FUNCTION audit_seal_lag();
DROP FUNCTION audit_person(uuid);
DROP FUNCTION audit_erase(uuid[]);
DROP TRIGGER audit_logs_erased_only ON audit_logs;
DROP FUNCTION audit_logs_erased_only();
CREATE OR REPLACE FUNCTION append_only_refuse() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  RAISE EXCEPTION '% on % is not allowed: it only grows', TG_OP, TG_TABLE_NAME
    USING ERRCODE = 'check_violation', CONSTRAINT = TG_ARGV[0], TABLE = TG_TABLE_NAME;
END
$$;
DROP TRIGGER audit_seal_follows ON audit_seal;
DROP FUNCTION audit_seal_follows();
DROP TRIGGER audit_leaf_follows ON audit_leaf;
DROP FUNCTION audit_leaf_follows();
DROP TRIGGER audit_update ON audit_key;
DROP TRIGGER truncate_refuse ON audit_key;
DROP TRIGGER audit_key_once ON audit_key;
DROP FUNCTION audit_key_once();
DROP TRIGGER audit_anchor_append_only ON audit_anchor;
DROP TRIGGER audit_seal_append_only ON audit_seal;
DROP TRIGGER audit_leaf_append_only ON audit_leaf;
DROP POLICY sealer_erases ON audit_logs;
DROP POLICY sealer_reads ON audit_logs;
REVOKE ALL ON audit_logs FROM rupaya_sealer;
REVOKE ALL ON audit_check FROM rupaya_sealer;
REVOKE EXECUTE ON FUNCTION app_actor() FROM rupaya_sealer;
DROP FUNCTION audit_subject(uuid, uuid, uuid);
DROP INDEX audit_logs_written;
ALTER TABLE audit_logs DROP COLUMN written_in;
GRANT SELECT, INSERT, UPDATE, DELETE ON audit_key, audit_leaf, audit_seal, audit_anchor TO rupaya_user;
REVOKE ALL ON audit_key, audit_leaf, audit_seal, audit_anchor FROM rupaya_sealer;
