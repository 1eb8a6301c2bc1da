from __future__ import annotations

import pytest

from tests.ledger.amendments.asking import Phone, said
from tests.ledger.desk import counts, refused


@pytest.fixture
def phone(asha):
    return Phone(asha)


@pytest.fixture
def made(phone):
    return phone.record()


def etag_of(phone, transaction):
    return phone.get(f"transactions/{transaction['id']}")["ETag"]


def ask(phone, way, transaction, if_match):
    path = f"transactions/{transaction['id']}"
    return {
        "patch": lambda: phone.patch(path, {"payee": "x"}, if_match=if_match),
        "delete": lambda: phone.delete(path, if_match=if_match),
        "void": lambda: phone.post(f"{path}/void", if_match=if_match),
        "restore": lambda: phone.post(f"{path}/restore?version=1", if_match=if_match),
    }[way]()


WAYS = ["patch", "delete", "void", "restore"]


@pytest.mark.parametrize("way", WAYS)
class TestIfMatch:
    @pytest.mark.parametrize("header", ["{0}", "*", ' "other" , {0}', '{0}, "other"'])
    def test_lets_pass_what_the_person_looked_at(self, phone, made, way, header):
        phone.change(made, notes="x")
        etag = etag_of(phone, made)

        response = ask(phone, way, made, header.format(etag))

        assert said(response)["version"] == 3
        assert response["ETag"] == etag_of(phone, made) != etag

    @pytest.mark.parametrize("header", ["{0}", '"other"', "W/{1}", "{2}", "", '""', "x", '"other", W/{1}'])
    def test_refuses_what_was_changed_meanwhile(self, phone, asha, made, way, header):
        stale = etag_of(phone, made)
        changed = phone.change(made, notes="x")
        fresh = etag_of(phone, made)
        before = counts(asha)

        response = ask(phone, way, made, header.format(stale, fresh, fresh.strip('"')))

        refused(response, 412, "precondition_failed")
        assert counts(asha) == before
        assert phone.read(made) == changed

    def test_is_of_the_answer_of_a_recording_or_change_too(self, phone, way):
        recorded = phone.post("transactions", {"type": "expense", "amount": 1, "description": "x"})
        made = said(recorded, 201)
        changed = phone.patch(f"transactions/{made['id']}", {"notes": "x"}, if_match=recorded["ETag"])

        assert recorded["Location"] == f"/v1/transactions/{made['id']}"
        assert said(ask(phone, way, made, changed["ETag"]))["version"] == 3
