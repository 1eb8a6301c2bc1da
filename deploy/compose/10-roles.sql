-- What the image of PostgreSQL runs once, in a new database, as the superuser that POSTGRES_USER names.
--
-- That is rupaya_user, whose name web and worker log in with. The first superuser can't become an ordinary role, and
-- as one it would be above row-level security; so it takes another name, and init.sql makes rupaya_user as everywhere.
-- Nobody can rename the role that they are: another does it, and is gone.
CREATE ROLE rupaya_renamer SUPERUSER;
SET SESSION AUTHORIZATION rupaya_renamer;
ALTER ROLE rupaya_user RENAME TO rupaya_admin;
RESET SESSION AUTHORIZATION;
DROP ROLE rupaya_renamer;

\getenv owner_password DATABASE_OWNER_PASSWORD
\getenv user_password DATABASE_USER_PASSWORD
\getenv sealer_password DATABASE_SEALER_PASSWORD
\ir ../postgres/init.sql
