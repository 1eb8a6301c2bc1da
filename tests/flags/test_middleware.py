"""The same answer on every way in, whatever changed before, and whatever became of Valkey."""

from __future__ import annotations

import io
import json
import threading
import time
from itertools import pairwise
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connections
from django.http import HttpResponse
from django.template import Context, Template
from django.test import Client, RequestFactory
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from openfeature import api
from openfeature.evaluation_context import EvaluationContext
from procrastinate.contrib.django import app

from accounts.models import User
from flags.middleware import FlagsMiddleware
from flags.models import Flag
from flags.rules import bucket_of
from flags.selectors import flag_is_on
from rupaya.core.db import Actor, acting_as
from tests.rupaya.core.asking import bearer_of
from tests.support.flags import flag_set, later, name_new
from tests.support.valkey import valkey_of_ones_own

# A step of the shrinking costs as much as the finding: what was found is told as it is.
QUICK: dict[str, Any] = {
    "deadline": None,
    "phases": (Phase.explicit, Phase.reuse, Phase.generate),
    "suppress_health_check": [HealthCheck.function_scoped_fixture],
}
CHANGES = st.lists(
    st.one_of(
        st.builds(lambda value: {"everyone": value}, st.sampled_from([True, False, None])),
        st.builds(lambda value: {"percent": value}, st.sampled_from([None, 0, "0.01", 30, "33.33", 50, 99, 100])),
        st.builds(lambda value: {"users": value}, st.sets(st.integers(0, 2))),
        st.builds(
            lambda start, end: {"starts_at": start, "expires_at": end},
            st.sampled_from([None, later(hours=-2)]),
            st.sampled_from([None, later(hours=-1), later(days=1)]),
        ),
        st.just({"starts_at": later(hours=1), "expires_at": later(hours=2)}),
    ),
    min_size=1,
    max_size=6,
)  # fmt: skip


def by_api(person, name):
    return Client().get("/v1/flags", headers=bearer_of(person)).json()["flags"][name]


def by_web(person, name):
    """A page that asks in waffle's words, with a browser that would like it to be on."""
    page = Template(f"{{% load waffle_tags %}}{{% flag {name} %}}on{{% else %}}off{{% endflag %}}")
    request = RequestFactory().get(f"/?dwft_{name}=1")
    request.COOKIES[f"dwf_{name}"] = "True"
    request.user = person.user
    view = FlagsMiddleware(lambda asked: HttpResponse(page.render(Context({"request": asked}))))
    return view(request).content == b"on"


@app.task(name="tests.flags.asked")
def asked(*, user_id, name, said):
    class Someone:
        pk = user_id

    with acting_as(Actor(user_id=None, kind="job")):
        said.append(flag_is_on(name=name, user=Someone()))
    connections.close_all()


def by_task(person, name):
    said: list[bool] = []
    worker = threading.Thread(target=asked, kwargs={"user_id": person.id, "name": name, "said": said})
    worker.start()
    worker.join(10)
    return said[0]


def by_command(person, name):
    out = io.StringIO()
    call_command("flag", "show", name, f"--user={person.id}", "--json", stdout=out)
    return json.loads(out.getvalue())["says"]["value"]


def by_openfeature(person, name):
    return api.get_client().get_boolean_value(name, False, EvaluationContext(targeting_key=str(person.id)))


WAYS = (by_api, by_web, by_task, by_command, by_openfeature)


@pytest.fixture
def crowd(committed):
    return User.objects.bulk_create(
        User(email=f"{name_new()}@example.in", full_name="One of many", password="!") for _ in range(30)
    )


class TestEveryWay:
    @settings(max_examples=12, **QUICK)
    @given(changes=CHANGES)
    def test_says_the_same_after_any_order_of_changes(self, committed, asha, bala, chitra, changes):
        name, people = name_new(), (asha, bala, chitra)
        state: dict[str, Any] = {
            "everyone": None,
            "percent": None,
            "users": set(),
            "expires_at": None,
            "starts_at": None,
        }
        for change in changes:
            state |= change
            flag_set(name, **state | {"users": [people[number].user for number in state["users"]]})

            said = {way.__name__: [way(one, name) for one in people] for way in WAYS}

            expected = [self.expected(state, number, one, name) for number, one in enumerate(people)]
            assert all(one == expected for one in said.values()), (state, said)

    @settings(max_examples=20, **QUICK)
    @given(percents=st.lists(st.decimals(0, 100, places=2), min_size=2, max_size=6))
    def test_keeps_whom_a_lower_percentage_had_in_any_order_of_changes(self, crowd, percents):
        name, had = name_new(), []
        for percent in percents:
            flag_set(name, percent=percent)
            had.append((percent, {one.pk for one in crowd if flag_is_on(name=name, user=one)}))

        for (_, fewer), (_, more) in pairwise(sorted(had, key=lambda one: (one[0], len(one[1])))):
            assert fewer <= more

    def expected(self, state, number, person, name):
        if state["everyone"] is False or (state["starts_at"] and state["starts_at"] > later()):
            return False
        if state["expires_at"] and state["expires_at"] <= later():
            return False
        share = state["percent"] and float(state["percent"]) * 100
        is_in = bool(share) and bucket_of(name=name, person_id=person.id) < share
        return bool(state["everyone"]) or number in state["users"] or is_in


class TestWithoutValkey:
    """What is asked and what is changed."""

    @pytest.fixture
    def valkey(self, settings):
        from django.core.cache import caches

        with valkey_of_ones_own() as valkey:
            settings.CACHES = {
                **settings.CACHES,
                "default": {**settings.CACHES["default"], "LOCATION": valkey.url},
            }
            yield valkey
            caches.close_all()

    @pytest.mark.parametrize("fault", ["kill", "freeze", "flush"])
    def test_flags_answer_and_change_within_half_a_second(self, committed, asha, valkey, fault):
        name = name_new()
        flag_set(name, users=[asha.user])
        was_on = flag_is_on(name=name, user=asha.user)
        valkey.client().flushall() if fault == "flush" else getattr(valkey, fault)()
        started = time.monotonic()

        still_on = flag_is_on(name=name, user=asha.user)
        by_waffle = Flag.get(name).is_active_for_user(asha.user)
        asked_s = time.monotonic() - started
        flag_set(name, everyone=False)
        taken_back = flag_is_on(name=name, user=asha.user)

        assert (was_on, still_on, by_waffle, taken_back) == (True, True, True, False)
        assert asked_s < 0.5
        assert time.monotonic() - started < 1
