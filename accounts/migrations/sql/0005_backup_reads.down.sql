DROP POLICY backup_reads ON accounts_session;
DROP FUNCTION backup_reads(regclass);
