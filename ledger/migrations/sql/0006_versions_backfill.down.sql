-- The columns themselves go with the migration before.
SELECT 1;
