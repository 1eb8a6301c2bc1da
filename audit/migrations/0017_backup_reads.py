"""WHY: on a managed database nobody may be let past row-level security, so who dumps is let through it, month by month."""

from django.db import migrations

from rupaya.core.migrations import run_sql

EACH_MONTH = """
DO $$
DECLARE
  part regclass;
BEGIN
  FOR part IN SELECT inhrelid FROM pg_inherits WHERE inhparent = 'audit_logs'::regclass LOOP
    {};
    COMMIT;
  END LOOP;
END
$$;
"""
DROPPED = "EXECUTE format('DROP POLICY IF EXISTS backup_reads ON %s', part)"


class Migration(migrations.Migration):
    atomic = False  # one table's lock at a time: a request holds those of others, in an order of its own
    expands = "Policies for a role of its own, also on the months that are yet to be made."

    dependencies = [("audit", "0016_refusals_once"), ("accounts", "0005_backup_reads")]

    operations = [
        run_sql(__file__, "0017_backup_reads"),  # first, so that no month is made without meanwhile
        migrations.RunSQL(
            "SELECT backup_reads('audit_logs')", "DROP POLICY IF EXISTS backup_reads ON audit_logs"
        ),
        migrations.RunSQL(EACH_MONTH.format("PERFORM backup_reads(part)"), EACH_MONTH.format(DROPPED)),
    ]
