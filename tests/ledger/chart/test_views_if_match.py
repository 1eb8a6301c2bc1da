from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections

from tests.ledger.amendments.asking import Phone, said
from tests.ledger.desk import refused

FOLDERS = {"accounts": "Savings account", "categories": "Fuel"}
WAYS = {
    "patch": lambda phone, path, target, **headers: phone.patch(path, {"icon": "gift"}, **headers),
    "move": lambda phone, path, target, **headers: phone.patch(path, {"parent_id": target}, **headers),
    "close": lambda phone, path, target, **headers: phone.post(f"{path}/close", **headers),
    "reopen": lambda phone, path, target, **headers: phone.post(f"{path}/reopen", **headers),
    "merge": lambda phone, path, target, **headers: phone.post(
        f"{path}/merge", {"into_id": target}, **headers
    ),
}


@pytest.fixture
def phone(asha):
    return Phone(asha)


@pytest.fixture(params=FOLDERS)
def place(request, asha):
    """An account's or category's path, and the id of another one of its type."""
    other = {"accounts": "Fixed deposits", "categories": "Travel"}[request.param]
    return f"{request.param}/{asha.account(FOLDERS[request.param]).pk}", str(asha.account(other).pk)


@pytest.mark.parametrize("way", WAYS)
class TestIfMatch:
    def test_lets_pass_what_the_person_looked_at(self, phone, place, way):
        path, target = place
        if way == "reopen":
            phone.post(f"{path}/close")

        response = WAYS[way](phone, path, target, if_match=phone.get(path)["ETag"])

        said(response)
        if way != "merge":
            assert response["ETag"] == phone.get(path)["ETag"]

    @pytest.mark.parametrize("header", ["{0}", '"other"', "W/{1}", "x"])
    def test_refuses_what_was_changed_meanwhile(self, phone, place, way, header):
        path, target = place
        stale = phone.get(path)["ETag"]
        changed = phone.patch(path, {"name": "Something else"})

        response = WAYS[way](phone, path, target, if_match=header.format(stale, changed["ETag"]))

        refused(response, 412, "precondition_failed")
        assert phone.get(path).content == changed.content


class TestIfMatchOfAnAccount:
    def test_is_of_where_it_stands_too(self, phone, asha):
        deposits, savings = (asha.account(name).pk for name in ("Fixed deposits", "Savings account"))
        moved = phone.patch(f"accounts/{savings}", {"parent_id": str(deposits)})
        phone.patch(f"accounts/{deposits}", {"name": "Deposits"})

        response = phone.patch(f"accounts/{savings}", {"name": "Salary"}, if_match=moved["ETag"])

        refused(response, 412, "precondition_failed")

    def test_lets_one_of_two_pass_who_looked_at_the_same(self, committed, asha):
        path = f"accounts/{asha.account('Savings account').pk}"
        seen = Phone(asha).get(path)["ETag"]

        def rename(name):
            try:
                return Phone(asha).patch(path, {"name": name}, if_match=seen).status_code
            finally:
                connections.close_all()

        with ThreadPoolExecutor(4) as threads:
            answers = list(threads.map(rename, ["A", "B", "C", "D"]))

        assert sorted(answers) == [200, 412, 412, 412]
