-- Roles and their least rights. Run once in a new database as its administrator, and again whenever
-- this file changes; running it twice is safe.
--
--   psql -v ON_ERROR_STOP=1 -v owner_password=… -v user_password=… -v sealer_password=… -d rupaya -f deploy/postgres/init.sql
--
--   rupaya_owner  owns the schema and runs migrations; nothing else logs in as it
--   rupaya_user   web and worker: reads and writes rows under row-level security, owns nothing
--   rupaya_sealer the worker, where it seals the audit log: reads all of it, appends leaves and seals, erases the forgotten
--   rupaya_backup dumps: reads every row, by policies of its own under row-level security, and writes none. It logs in once
--                 -v backup_password=… was given; another run without it leaves login and password as they are

SELECT format('CREATE ROLE %I LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS', name)
  FROM unnest(ARRAY['rupaya_owner', 'rupaya_user', 'rupaya_sealer']) AS name
 WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name)
\gexec

SELECT 'CREATE ROLE rupaya_backup NOLOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS'
 WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'rupaya_backup')
\gexec

ALTER ROLE rupaya_owner PASSWORD :'owner_password';
ALTER ROLE rupaya_user PASSWORD :'user_password';
ALTER ROLE rupaya_sealer PASSWORD :'sealer_password';
\if :{?backup_password}
ALTER ROLE rupaya_backup LOGIN PASSWORD :'backup_password';
\endif

-- It was past row-level security once, and read whatever there was. Who could give that can take it; where nobody could, as
-- on a managed database, there is nothing to take.
SELECT 'ALTER ROLE rupaya_backup NOBYPASSRLS' FROM pg_roles WHERE rolname = 'rupaya_backup' AND rolbypassrls
UNION ALL SELECT 'REVOKE pg_read_all_data FROM rupaya_backup' FROM pg_auth_members
           WHERE member = 'rupaya_backup'::regrole AND roleid = 'pg_read_all_data'::regrole
\gexec

-- A migration that waits for a lock makes every reader behind it wait: it gives up and is tried again.
ALTER ROLE rupaya_owner SET lock_timeout = '5s';
ALTER ROLE rupaya_user SET statement_timeout = '30s';
ALTER ROLE rupaya_user SET lock_timeout = '5s';
ALTER ROLE rupaya_user SET idle_in_transaction_session_timeout = '60s';
ALTER ROLE rupaya_sealer SET lock_timeout = '5s';
-- `audit verify` reads all of the log in one statement: a bound on what hangs, not on what is long.
ALTER ROLE rupaya_sealer SET statement_timeout = '30min';
ALTER ROLE rupaya_backup SET default_transaction_read_only = on;
-- It waits for a migration and lets everybody pass meanwhile; pg_dump itself asks for as long.
ALTER ROLE rupaya_backup SET lock_timeout = '60s';

-- An administrator who is not a superuser (a managed database) must belong to the owner to hand things over, and to the
-- others to act as they do where a backup is drilled, and to count every row that was restored.
GRANT rupaya_owner, rupaya_user, rupaya_sealer, rupaya_backup TO CURRENT_USER;

SELECT format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database())
UNION ALL SELECT format('GRANT CONNECT, CREATE, TEMPORARY ON DATABASE %I TO rupaya_owner', current_database())
UNION ALL SELECT format('GRANT CONNECT ON DATABASE %I TO rupaya_user, rupaya_sealer, rupaya_backup', current_database())
\gexec

ALTER SCHEMA public OWNER TO rupaya_owner;
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO rupaya_user, rupaya_sealer, rupaya_backup;

-- What the owner will make. TRUNCATE, REFERENCES and TRIGGER are never given; append-only tables
-- take UPDATE and DELETE back in their own migrations.
ALTER DEFAULT PRIVILEGES FOR ROLE rupaya_owner IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO rupaya_user;
ALTER DEFAULT PRIVILEGES FOR ROLE rupaya_owner IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO rupaya_user;
ALTER DEFAULT PRIVILEGES FOR ROLE rupaya_owner REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
ALTER DEFAULT PRIVILEGES FOR ROLE rupaya_owner IN SCHEMA public GRANT EXECUTE ON FUNCTIONS TO rupaya_user;

-- A dump reads, and nothing else. The owner gives each right, as whom the administrator acts: pg_read_all_data is not every
-- managed administrator's to give, and BYPASSRLS is nobody's there. Policies come with the migrations.
ALTER DEFAULT PRIVILEGES FOR ROLE rupaya_owner IN SCHEMA public GRANT SELECT ON TABLES TO rupaya_backup;
ALTER DEFAULT PRIVILEGES FOR ROLE rupaya_owner IN SCHEMA public GRANT SELECT ON SEQUENCES TO rupaya_backup;
SELECT format('GRANT SELECT ON %s %s TO rupaya_backup', CASE relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END, oid::regclass)
  FROM pg_class
 WHERE relnamespace = 'public'::regnamespace AND relowner = 'rupaya_owner'::regrole AND relkind IN ('r', 'p', 'v', 'm', 'S')
   AND NOT has_table_privilege('rupaya_backup', oid, 'SELECT')
\gexec
