"""`GET /v1/flags`."""

from __future__ import annotations

import pytest
from django.test import Client

from flags.registry import EXPORT_TRANSACTIONS as NAME
from tests.rupaya.core.asking import bearer_of
from tests.support.flags import flag_set


@pytest.fixture
def client():
    return Client()


def flags_for(client, person, **headers):
    return client.get("/v1/flags", headers=bearer_of(person) | headers)


class TestFlags:
    def test_shows_what_is_on_for_the_person(self, client, asha, chitra):
        flag_set(users=[asha.user])

        assert flags_for(client, asha).json()["flags"][NAME] is True
        assert flags_for(client, chitra).json()["flags"][NAME] is False

    def test_is_for_people_who_are_signed_in(self, client, db):
        response = client.get("/v1/flags")

        assert (response.status_code, response.json()["code"]) == (401, "not_authenticated")

    def test_is_not_sent_again_until_it_changes(self, client, asha):
        tag = flags_for(client, asha)["ETag"]
        same = flags_for(client, asha, **{"If-None-Match": tag})
        flag_set(everyone=True)
        other = flags_for(client, asha, **{"If-None-Match": tag})

        assert (same.status_code, other.status_code) == (304, 200)

    def test_takes_one_statement(self, client, asha, django_assert_num_queries):
        header = bearer_of(asha)

        with django_assert_num_queries(
            6
        ) as asked:  # who acts (nested in the test's own transaction), and the flags
            client.get("/v1/flags", headers=header)

        assert sum("flags_" in one["sql"] for one in asked.captured_queries) == 1

    def test_is_not_forged(self, client, asha):
        client.cookies[f"dwf_{NAME}"] = "True"

        response = client.get("/v1/flags", headers=bearer_of(asha) | {f"dwft-{NAME}": "1"})

        assert response.json()["flags"][NAME] is False

    @pytest.mark.parametrize("trick", [f"dwft_{NAME}=1", f"{NAME}=1"])
    def test_takes_no_name_of_one_from_the_address(self, client, asha, trick):
        assert client.get(f"/v1/flags?{trick}", headers=bearer_of(asha)).status_code == 400
