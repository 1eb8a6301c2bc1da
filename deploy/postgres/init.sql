-- Roles and their least rights. Run once in a new database as its administrator, and again whenever
-- this file changes; running it twice is safe.
--
--   psql -v ON_ERROR_STOP=1 -v owner_password=… -v user_password=… -v sealer_password=… -d rupaya -f deploy/postgres/init.sql
--
--   rupaya_owner  owns the schema and runs migrations; nothing else logs in as it
--   rupaya_user   web and worker: reads and writes rows under row-level security, owns nothing
--   rupaya_sealer the worker, where it seals the audit log: reads all of it, appends leaves and seals, erases the forgotten
--   rupaya_backup only with -v backup_password=…: reads every row, past row-level security, and writes none; for dumps

SELECT format('CREATE ROLE %I LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS', name)
  FROM unnest(ARRAY['rupaya_owner', 'rupaya_user', 'rupaya_sealer']) AS name
 WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name)
\gexec

ALTER ROLE rupaya_owner PASSWORD :'owner_password';
ALTER ROLE rupaya_user PASSWORD :'user_password';
ALTER ROLE rupaya_sealer PASSWORD :'sealer_password';

-- A migration that waits for a lock makes every reader behind it wait: it gives up and is tried again.
ALTER ROLE rupaya_owner SET lock_timeout = '5s';
ALTER ROLE rupaya_user SET statement_timeout = '30s';
ALTER ROLE rupaya_user SET lock_timeout = '5s';
ALTER ROLE rupaya_user SET idle_in_transaction_session_timeout = '60s';
ALTER ROLE rupaya_sealer SET lock_timeout = '5s';
-- `audit verify` reads all of the log in one statement: a bound on what hangs, not on what is long.
ALTER ROLE rupaya_sealer SET statement_timeout = '30min';

-- An administrator who is not a superuser (a managed database) must belong to the owner to hand things over.
GRANT rupaya_owner TO CURRENT_USER;

SELECT format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database())
UNION ALL SELECT format('GRANT CONNECT, CREATE, TEMPORARY ON DATABASE %I TO rupaya_owner', current_database())
UNION ALL SELECT format('GRANT CONNECT ON DATABASE %I TO rupaya_user, rupaya_sealer', current_database())
\gexec

ALTER SCHEMA public OWNER TO rupaya_owner;
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO rupaya_user, rupaya_sealer;

-- What the owner will make. TRUNCATE, REFERENCES and TRIGGER are never given; append-only tables
-- take UPDATE and DELETE back in their own migrations.
ALTER DEFAULT PRIVILEGES FOR ROLE rupaya_owner IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO rupaya_user;
ALTER DEFAULT PRIVILEGES FOR ROLE rupaya_owner IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO rupaya_user;
ALTER DEFAULT PRIVILEGES FOR ROLE rupaya_owner REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
ALTER DEFAULT PRIVILEGES FOR ROLE rupaya_owner IN SCHEMA public GRANT EXECUTE ON FUNCTIONS TO rupaya_user;

-- A dump that row-level security thinned out would look whole. Only who is past it himself can let others past; where a
-- managed database has nobody like that, the provider's snapshots are the backup.
\if :{?backup_password}
SELECT 'CREATE ROLE rupaya_backup LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE BYPASSRLS'
 WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'rupaya_backup')
\gexec
ALTER ROLE rupaya_backup PASSWORD :'backup_password';
ALTER ROLE rupaya_backup SET default_transaction_read_only = on;
-- It waits for a migration and lets everybody pass meanwhile; pg_dump itself asks for as long.
ALTER ROLE rupaya_backup SET lock_timeout = '60s';
GRANT pg_read_all_data TO rupaya_backup;
\endif
-- Another database of a server that has the role already, or another run without its password.
SELECT format('GRANT CONNECT ON DATABASE %I TO rupaya_backup', current_database())
 WHERE EXISTS (SELECT FROM pg_roles WHERE rolname = 'rupaya_backup')
\gexec
