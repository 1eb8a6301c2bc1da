"""`manage.py flag`."""

from __future__ import annotations

import io
import json

import psycopg
import pytest
from django.core.management import CommandError, call_command

from flags.registry import EXPORT_TRANSACTIONS as NAME
from flags.selectors import flag_history, flag_is_on
from rupaya.core.ids import uuid7
from tests.support.flags import flag_gone, flag_set, later, name_new


def run(*words, why="asked by phone"):
    reason = [] if words[0] in {"list", "show", "stale"} or why is None else [f"--reason={why}"]
    out, talk = io.StringIO(), io.StringIO()
    call_command("flag", *words, *reason, stdout=out, stderr=talk)
    return out.getvalue()


def told(*words, **options):
    return json.loads(run(*words, "--json", **options))


class TestOnAndOff:
    def test_turns_it_on_and_off_for_everyone_and_keeps_why(self, asha):
        on = run("on", NAME)
        was_on = flag_is_on(name=NAME, user=asha.user)
        off = run("off", NAME, why="it broke")

        assert (on, off) == (f"{NAME} is on for everyone.\n", f"{NAME} is off.\n")
        assert (was_on, flag_is_on(name=NAME, user=asha.user)) == (True, False)
        assert [change.reason for change in flag_history(name=NAME)][:2] == ["it broke", "asked by phone"]

    @pytest.mark.parametrize(
        ("time", "seconds"), [((), 3600), (("90m",), 5400), (("2d",), 172_800), (("5",), 5)]
    )
    def test_turns_it_on_for_a_time(self, asha, time, seconds):
        state = told("on", NAME, "--for", *time)

        assert abs((_instant(state["expires_at"]) - later(seconds=seconds)).total_seconds()) < 30
        assert state["ends_soon"] is (seconds <= 86_400)
        assert flag_is_on(name=NAME, user=asha.user) is True

    def test_makes_the_row_of_a_flag_that_the_code_asks_for(self, asha):
        flag_gone()

        run("on", NAME)

        assert flag_is_on(name=NAME, user=asha.user) is True

    def test_brings_the_audience_back_on_request_and_not_by_another_change(self, asha, bala):
        flag_set(users=[asha.user])
        run("off", NAME)
        resumed = told("resume", NAME)["audience"]
        run("off", NAME)

        other = told("user", NAME, bala.user.email)

        assert (resumed, other["audience"]) == ("1 person", "1 person")
        assert flag_is_on(name=NAME, user=asha.user) is False
        assert flag_is_on(name=NAME, user=bala.user) is True


class TestAudience:
    def test_lists_people_by_address_or_id_and_lists_them_no_more(self, asha, bala, chitra):
        run("user", NAME, asha.user.email.upper(), str(bala.id))
        run("user", NAME, "--remove", asha.user.email)

        assert [flag_is_on(name=NAME, user=who.user) for who in (asha, bala, chitra)] == [False, True, False]

    def test_lists_groups(self, committed, asha, admin_url):
        name = name_new()
        flag_set(name)
        with psycopg.connect(admin_url, autocommit=True) as admin:
            admin.execute("INSERT INTO auth_group (name) VALUES (%s)", [name])

        assert told("group", name, name)["groups"] == [name]
        assert told("group", name, "--remove", name)["groups"] == []

    def test_takes_a_percentage(self, asha):
        run("percent", NAME, "100")
        all_of_them = flag_is_on(name=NAME, user=asha.user)
        nobody = told("percent", NAME, "0")

        assert (all_of_them, nobody["standing"]) == (True, "off")
        assert told("percent", NAME, "12.25%")["percent"] == "12.25"

    def test_narrows_what_was_on_for_everyone(self, asha):
        run("on", NAME)

        assert told("percent", NAME, "0.01")["audience"] == "0.01 % of people"

    def test_takes_staff(self, db):
        assert told("staff", NAME)["audience"] == "staff"
        assert told("staff", NAME, "--remove")["audience"] == "nobody"

    def test_schedules_everyone_or_the_audience_in_indias_time(self, db, asha):
        alone = told("schedule", NAME, "--from", "2099-12-01T09:30")
        run("off", NAME)
        run("user", NAME, asha.user.email)
        bounded = told("schedule", NAME, "--from=2099-12-01", "--to=2099-12-02T00:00+00:00")

        assert (alone["standing"], alone["audience"]) == ("scheduled", "everyone")
        assert alone["starts_at"] == "2099-12-01T09:30:00+05:30"
        assert (bounded["audience"], bounded["expires_at"]) == ("1 person", "2099-12-02T05:30:00+05:30")


class TestShow:
    def test_says_what_it_says_for_a_person_and_why(self, asha):
        flag_set(users=[asha.user], reason="a friend of the house")

        shown = told("show", NAME, "--email", asha.user.email)

        assert shown["says"] == {"value": True, "reason": "TARGETING_MATCH", "detail": "It lists the person."}
        assert shown["changes"][0]["reason"] == "a friend of the house"
        assert "For this person it is on: TARGETING_MATCH." in run("show", NAME, f"--user={asha.id}")

    def test_lists_all(self, db):
        assert f"{NAME} is off.\n" in run("list")
        assert NAME in {flag["name"] for flag in told("list")["flags"]}


class TestStale:
    def test_names_what_to_look_after_and_says_so_by_its_exit_code(self, db):
        flag_gone()

        out = io.StringIO()
        with pytest.raises(CommandError) as refused:
            call_command("flag", "stale", "--json", stdout=out)

        assert refused.value.returncode == 1
        assert (NAME, "not_in_database") in {
            (one["name"], one["problem"]) for one in json.loads(out.getvalue())["findings"]
        }

    def test_removes_what_no_code_asks_for(self, db):
        flag_set("nobody_asks")

        assert run("remove", "nobody_asks") == "nobody_asks is removed.\n"
        assert flag_history(name="nobody_asks")[0].changes["owner"] == "tests"


class TestDryRun:
    def test_saves_nothing(self, committed, asha):
        name = name_new()
        flag_set(name)

        state = told("on", name, "--dry-run")

        assert (state["standing"], state["is_dry_run"]) == ("on", True)
        assert flag_is_on(name=name, user=asha.user) is False
        assert len(flag_history(name=name)) == 1


class TestRefusals:
    @pytest.mark.parametrize(
        ("words", "sentence", "code"),
        [(("on", "export_transaction"), "“export_transaction”. Did you mean “export_transactions”?", 1),
         (("show", "xport_transactions"), "Did you mean “export_transactions”?", 1),
         (("user", NAME, "nobody@example.in"), "Nobody has the address nobody@example.in.", 1),
         (("user", NAME, str(uuid7())), "There is no such person.", 1),
         (("group", NAME, "friends"), "There is no group “friends”.", 1),
         (("remove", NAME), "The code still asks for", 1),
         (("percent", NAME, "101"), "'101' is no percentage", 2),
         (("percent", NAME, "0.001"), "two decimals at most", 2),
         (("percent", NAME, "nan"), "is no percentage", 2),
         (("percent", NAME, "٣٠"), "is no percentage", 2),
         (("on", NAME, "--for", "0"), "write 3600, 90m, 1h or 2d", 2),
         (("on", NAME, "--for", "367d"), "at most 366d", 2),
         (("schedule", NAME), "Say when", 2),
         (("schedule", NAME, "--to", "tomorrow"), "is no instant", 2),
         (("schedule", NAME, "--to", "2020-01-01"), "That is over already.", 2),
         (("schedule", NAME, "--from", "2099-01-02", "--to", "2099-01-01"), "It would end before it begins.", 2)],
    )  # fmt: skip
    def test_are_a_sentence_and_an_exit_code(self, db, words, sentence, code):
        with pytest.raises(CommandError) as refused:
            run(*words)

        assert sentence in str(refused.value)
        assert refused.value.returncode == code

    @pytest.mark.parametrize("why", [None, "", "  ", "x" * 501, "two\nlines"])
    def test_come_for_a_change_that_nobody_explains(self, db, why, monkeypatch):
        monkeypatch.setattr("sys.stdin", io.StringIO())

        with pytest.raises(CommandError) as refused:
            run("on", NAME, why=why)

        assert refused.value.returncode == 2
        assert flag_is_on(name=NAME, user=None) is False


def _instant(text):
    import datetime as dt

    return dt.datetime.fromisoformat(text)
