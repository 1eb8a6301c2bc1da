"""The pages that say what happened."""

from __future__ import annotations

from tests.ledger.desk import Api, browser_of, record


class TestBookActivity:
    def test_says_each_change_in_a_sentence(self, asha):
        recorded = record(asha)
        api = Api(asha)
        made = api.post("categories", {"name": "Wandering", "type": "expense"}).json()
        answer = api.patch(f"transactions/{recorded}", {"category_id": made["category"]["id"] if "category" in made else made["id"], "amount": 650})
        assert answer.status_code == 200, answer.content

        page = browser_of(asha).get("/activity").content.decode()
        print(page)
        page = browser_of(asha).get(f"/transactions/{recorded}/activity").content.decode()
        print(page)
        page = browser_of(asha).get(f"/activity/you").content.decode()
        print(page)
        assert 0
