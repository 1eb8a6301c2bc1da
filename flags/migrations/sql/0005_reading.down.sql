DROP FUNCTION flags_read(uuid, bigint);
