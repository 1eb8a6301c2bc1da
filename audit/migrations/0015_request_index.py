"""WHY: support is given the X-Request-ID of an answer and asks what that request did; without an index that reads the log.

The index is made month by month while people go on, and then given to the log as a whole: a partitioned table takes no
index concurrently. The same again names what is there already.
"""

from django.db import migrations, models

INDEX = "audit_logs_request"
_MONTHS = """
SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
 WHERE i.inhparent = 'public.audit_logs'::regclass ORDER BY c.relname
"""
_ATTACHED = "SELECT 1 FROM pg_inherits WHERE inhrelid = to_regclass(%s)"


def index_make(_apps, schema_editor):
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(_MONTHS)
        months = [name for (name,) in cursor.fetchall()]
        for month in months:
            cursor.execute(
                f'CREATE INDEX CONCURRENTLY IF NOT EXISTS "{month}_request" ON public."{month}" (request_id)'
            )
        cursor.execute(f"CREATE INDEX IF NOT EXISTS {INDEX} ON ONLY public.audit_logs (request_id)")
        for month in months:
            cursor.execute(_ATTACHED, [f'public."{month}_request"'])
            if cursor.fetchone() is None:
                cursor.execute(f'ALTER INDEX public.{INDEX} ATTACH PARTITION public."{month}_request"')


def index_drop(_apps, schema_editor):
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(f"DROP INDEX public.{INDEX}")


class Migration(migrations.Migration):
    atomic = False  # the indexes are made while people go on posting

    dependencies = [("audit", "0011_seals")]

    operations = [
        migrations.RunPython(index_make, index_drop),
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.AlterModelOptions(
                    "auditlog", {"verbose_name": "entry of the log", "verbose_name_plural": "log"}
                ),
                migrations.AddIndex("auditlog", models.Index(fields=["request_id"], name=INDEX)),
            ]
        ),
    ]
