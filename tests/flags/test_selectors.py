"""Flags: off unless somebody with the right has turned them on."""

from __future__ import annotations

import pytest
import structlog
from django.db import DatabaseError
from django.test import Client, RequestFactory

from flags.models import Flag
from flags.selectors import flag_is_on

NAME = "export_transactions"


def flag_make(**fields):
    return Flag.objects.create(**{"name": NAME, "superusers": False, **fields})


class TestFlagIsOn:
    def test_is_off_where_there_is_no_such_flag(self, asha):
        assert flag_is_on(name="nobody_made_this", user=asha.user) is False
        assert flag_is_on(name="", user=None) is False

    def test_makes_no_flag_by_asking_for_it(self, asha):
        flag_is_on(name=NAME, user=asha.user)

        assert not Flag.objects.exists()

    def test_is_off_when_it_is_new(self, asha):
        flag_make()

        assert flag_is_on(name=NAME, user=asha.user) is False
        assert flag_is_on(name=NAME, user=None) is False

    def test_is_on_for_one_person_and_off_for_the_next(self, asha, chitra):
        flag_make().users.add(asha.user)

        assert flag_is_on(name=NAME, user=asha.user) is True
        assert flag_is_on(name=NAME, user=chitra.user) is False
        assert flag_is_on(name=NAME, user=None) is False

    def test_is_on_for_everyone(self, asha):
        flag_make(everyone=True)

        assert flag_is_on(name=NAME, user=asha.user) is True
        assert flag_is_on(name=NAME, user=None) is True

    def test_is_off_for_everyone_even_for_those_who_had_it(self, asha):
        flag_make(everyone=False).users.add(asha.user)

        assert flag_is_on(name=NAME, user=asha.user) is False

    def test_is_taken_back_at_once(self, asha):
        flag = flag_make()
        flag.users.add(asha.user)
        was_on = flag_is_on(name=NAME, user=asha.user)

        flag.users.remove(asha.user)

        assert was_on
        assert flag_is_on(name=NAME, user=asha.user) is False

    def test_takes_two_queries_at_most(self, asha, django_assert_max_num_queries):
        flag_make()

        with django_assert_max_num_queries(4):  # two, in a savepoint
            flag_is_on(name=NAME, user=asha.user)

    def test_is_off_and_logged_where_it_cannot_be_read(self, asha, monkeypatch):
        def fail(**_):
            raise DatabaseError("gone")

        flag_make(everyone=True)
        monkeypatch.setattr(Flag.objects, "filter", fail)

        with structlog.testing.capture_logs() as lines:
            assert flag_is_on(name=NAME, user=asha.user) is False

        assert [(line["event"], line["flag"], line["log_level"]) for line in lines] == [
            ("flag.unreadable", NAME, "warning")
        ]

    def test_is_off_and_logged_where_there_is_none(self, asha):
        with structlog.testing.capture_logs() as lines:
            flag_is_on(name=NAME, user=asha.user)

        assert [(line["event"], line["flag"]) for line in lines] == [("flag.unknown", NAME)]

    @pytest.mark.parametrize("testing", [True, False])
    def test_is_not_forged_by_a_cookie_or_a_query(self, asha, testing):
        flag_make(testing=testing, percent=0)
        request = RequestFactory().get(f"/?dwft_{NAME}=1&{NAME}=1")
        request.COOKIES |= {f"dwf_{NAME}": "True", f"dwft_{NAME}": "True"}
        request.user = asha.user

        assert flag_is_on(name=NAME, user=request.user) is False

    def test_gives_a_browser_nothing_to_forge(self, committed):
        response = Client().get("/login?dwft_export_transactions=1")

        assert not [name for name in response.cookies if name.startswith("dwf")]
