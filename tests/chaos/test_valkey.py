"""Valkey is gone, frozen, emptied or full: money is not in it."""

from __future__ import annotations

import os
import signal

import pytest

from tests.chaos.house import tell, wait_until

SLOWEST_S = 4.0  # a request may meet the socket's half second more than once, and no more


def day(person, wish):
    """What a phone does: sign in, look, record."""
    return [
        person.sign_in(),
        person.ask("GET", "/v1/transactions"),
        person.spend(wish),
        person.ask("GET", "/v1/books"),
    ]


def well(said, what):
    tell(f"Valkey {what}: {[f'{one.status} in {1000 * one.seconds:.0f} ms' for one in said]}")
    assert [one.status for one in said] == [200, 200, 201, 200]
    assert max(one.seconds for one in said) < SLOWEST_S


class TestValkey:
    @pytest.fixture(autouse=True)
    def _is_back_afterwards(self, house):
        yield
        house.valkey_start()

    def test_stopped(self, house, phones):
        (person,) = phones(1)
        os.kill(house.valkey_pid(), signal.SIGKILL)

        well(day(person, "stopped"), "stopped")
        health = person.ask("GET", "/health")
        house.valkey_start()

        assert (health.status, health.body["checks"]) == (503, {"database": "ok", "cache": "down"})
        wait_until(lambda: person.ask("GET", "/health").status == 200)

    def test_stopped_loses_nothing_of_the_audit_log(self, house, phones):
        (person,) = phones(1)
        os.kill(house.valkey_pid(), signal.SIGKILL)

        assert person.spend("unheard-by-Valkey").status == 201
        sealed = house.command("audit", "seal", "--json")
        verified = house.command("audit", "verify", "--gaps")

        with house.database.as_admin() as admin:
            told = admin.execute(
                """SELECT count(*) FROM audit_logs entry JOIN audit_leaf ON entry_id = entry.id
                    WHERE resource_type = 'ledger_transaction' AND changes ->> 'description' = 'unheard-by-Valkey'"""
            ).fetchone()
        assert sealed.returncode == 0, sealed.stderr
        assert verified.returncode == 0, verified.stdout + verified.stderr
        assert told == (1,)

    def test_frozen(self, house, phones):
        (person,) = phones(1)
        with house.frozen(house.valkey_pid()):
            well(day(person, "frozen"), "frozen")

    def test_flushed(self, house, phones):
        (person,) = phones(1)
        house.valkey().flushall()

        well(day(person, "flushed"), "flushed")

    def test_full(self, house, phones):
        (person,) = phones(1)
        valkey = house.valkey()
        before = valkey.config_get("maxmemory*")
        valkey.config_set("maxmemory-policy", "noeviction")
        valkey.config_set("maxmemory", "1mb")
        try:
            well(day(person, "full"), "full")
        finally:
            for name, value in before.items():
                valkey.config_set(name, value)

    def test_gone_lets_nobody_guess_passwords_without_end(self, house, phones):
        (person,) = phones(1)
        os.kill(house.valkey_pid(), signal.SIGKILL)

        guessed = [person.sign_in("a wrong password").status for _ in range(8)]

        tell(f"eight guesses without Valkey: {guessed}")
        assert guessed == [401] * 5 + [429] * 3
