-- Who may write, as it is asked for each row of the product's own tables.
DO $$
DECLARE
  policy record;
BEGIN
  FOR policy IN
    SELECT tablename, with_check FROM pg_policies
     WHERE schemaname = 'public' AND policyname = 'writers_insert' AND tablename IN ('ledger_transaction', 'ledger_posting')
  LOOP
    EXECUTE format('CREATE POLICY writers_insert ON floor.%I FOR INSERT WITH CHECK (%s)', policy.tablename, policy.with_check);
    EXECUTE format('ALTER TABLE floor.%I ENABLE ROW LEVEL SECURITY', policy.tablename);
  END LOOP;
END
$$;
