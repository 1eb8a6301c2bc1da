"""deploy/compose/10-roles.sql: who is who in the PostgreSQL of docker-compose.yml."""

from __future__ import annotations

import psycopg
import pytest

from tests.deploy.image.servers import backup_role_make, servers


@pytest.fixture(scope="module")
def found():
    with servers() as made:
        yield made


def roles(found):
    with psycopg.connect(found.url("admin")) as admin:
        return {
            name: flags
            for name, *flags in admin.execute(
                "SELECT rolname, rolsuper, rolbypassrls, rolcreaterole, rolcreatedb FROM pg_roles"
                " WHERE rolname !~ '^pg_'"
            )
        }


class TestFirstSuperuser:
    def test_can_not_become_an_ordinary_role_and_is_renamed_for_that(self, found):
        with psycopg.connect(found.url("admin")) as admin, pytest.raises(psycopg.errors.FeatureNotSupported):
            admin.execute("ALTER ROLE rupaya_admin NOSUPERUSER")


class TestRoles:
    def test_are_an_administrator_and_four_who_are_below_row_level_security(self, found):
        assert roles(found) == {
            "rupaya_admin": [True, True, True, True],
            "rupaya_owner": [False, False, False, False],
            "rupaya_user": [False, False, False, False],
            "rupaya_sealer": [False, False, False, False],
            "rupaya_backup": [False, False, False, False],
        }

    def test_are_made_by_init_sql_again_as_by_an_operator(self, found):
        before = roles(found)
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(found.url("backup"))

        backup_role_make(found)

        assert roles(found) == before
        with psycopg.connect(found.url("backup")) as backup:
            assert backup.execute("SHOW default_transaction_read_only").fetchone() == ("on",)

    def test_of_dumps_comes_below_row_level_security_where_it_was_past_it(self, found):
        with psycopg.connect(found.url("admin")) as admin:  # as init.sql made it before
            admin.execute("ALTER ROLE rupaya_backup LOGIN BYPASSRLS")
            admin.execute("GRANT pg_read_all_data TO rupaya_backup")
            admin.execute("SET ROLE rupaya_owner; CREATE TABLE kept (id serial)")
            admin.execute("REVOKE ALL ON kept, kept_id_seq FROM rupaya_backup")

        try:
            backup_role_make(found)

            assert roles(found)["rupaya_backup"] == [False, False, False, False]
            with psycopg.connect(found.url("backup")) as backup:
                assert backup.execute("SELECT pg_has_role('pg_read_all_data', 'MEMBER')").fetchone() == (
                    False,
                )
                assert backup.execute(
                    "SELECT (SELECT count(*) FROM kept), last_value FROM kept_id_seq"
                ).fetchone() == (0, 1)
        finally:
            with psycopg.connect(found.url("owner")) as owner:
                owner.execute("DROP TABLE kept")

    def test_of_web_and_worker_can_make_nothing(self, found):
        with psycopg.connect(found.url("user")) as user, pytest.raises(psycopg.errors.InsufficientPrivilege):
            user.execute("CREATE TABLE mine (id integer)")

    def test_of_web_and_worker_can_not_become_another(self, found):
        for role in ("rupaya_admin", "rupaya_owner", "rupaya_sealer"):
            with (
                psycopg.connect(found.url("user")) as user,
                pytest.raises(psycopg.errors.InsufficientPrivilege),
            ):
                user.execute(f"SET ROLE {role}")

    def test_of_migrations_owns_the_schema(self, found):
        with psycopg.connect(found.url("owner")) as owner:
            owner.execute("CREATE TABLE mine (id integer)")
            owner.rollback()

    def test_have_the_passwords_they_were_given_and_no_other(self, found):
        url = found.url("user").replace(found.passwords["user"], found.passwords["admin"])

        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(url)
