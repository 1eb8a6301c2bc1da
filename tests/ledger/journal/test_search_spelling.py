"""One letter, two codings: é and e with an accent, ड़ as one character and as two."""

from __future__ import annotations

import pytest

from tests.ledger.desk import Api, browser_of, record, refused

CAFE, CAFE_APART = "Café", "Cafe\u0301"
ROAD, ROAD_SINGLE = "सा\u0921\u093cी", "सा\u095cी"
PAIRS = [(CAFE, CAFE_APART), (CAFE_APART, CAFE), (ROAD, ROAD_SINGLE), (ROAD_SINGLE, ROAD)]
EACH = pytest.mark.parametrize(("typed", "asked"), PAIRS, ids=["é", "e´", "ड़ of two", "ड़ of one"])
SPENT = {"type": "expense", "amount": 500}


@pytest.fixture
def api(asha):
    return Api(asha)


def spend(api, **said):
    response = api.post("transactions", {**SPENT, "description": "Tea", **said})
    assert response.status_code == 201, response.content
    return response.json()


def found(api, **query):
    response = api.get("transactions", **query)
    assert response.status_code == 200, response.content
    return [row["id"] for row in response.json()["results"]]


@EACH
class TestFiltersRead:
    @pytest.mark.parametrize("field", ["description", "payee", "notes"])
    def test_finds_words_in_either_spelling(self, api, typed, asked, field):
        made = spend(api, **{field: typed})["id"]

        assert found(api, q=asked) == found(api, q=f'"{asked}"') == [made]
        assert found(api, q=f"-{asked}") == []

    def test_finds_a_payee_and_a_tag_in_either_spelling(self, api, typed, asked):
        made = spend(api, payee=typed, tags=[typed])["id"]

        assert found(api, payee=asked) == found(api, tag=asked) == [made]
        assert found(api, q=f"payee:{asked}") == found(api, q=f'payee:"{asked}"') == [made]
        assert found(api, q=f"tag:{asked}") == [made]

    def test_finds_a_category_in_either_spelling(self, api, typed, asked):
        category = api.post("categories", {"name": typed, "type": "expense"}).json()["id"]
        made = spend(api, category_id=category)["id"]

        assert found(api, q=f"category:{asked}") == [made]

    def test_finds_what_was_kept_as_it_was_typed_before(self, api, asha, typed, asked):
        made = str(record(asha, description=typed, payee=typed, tags=(typed.casefold(),)))

        assert found(api, q=typed) == found(api, payee=typed) == found(api, tag=typed) == [made]
        assert found(api, q=f"payee:{typed}") == found(api, q=f"tag:{typed}") == [made]


class TestTransactionIn:
    def test_keeps_one_spelling(self, api):
        made = spend(
            api, description=CAFE_APART, payee=ROAD_SINGLE, notes=CAFE_APART, tags=[ROAD_SINGLE, ROAD]
        )

        assert (made["description"], made["payee"], made["notes"]) == (CAFE, ROAD, CAFE)
        assert made["tags"] == [ROAD]

    def test_makes_no_version_where_only_the_spelling_differs(self, api):
        made = spend(api, description=CAFE, tags=[ROAD])

        again = api.patch(
            f"transactions/{made['id']}", {"description": CAFE_APART, "tags": [ROAD_SINGLE]}
        ).json()

        assert again["version"] == 1

    def test_counts_the_letters_that_are_kept(self, api):
        refused(
            api.post("transactions", {**SPENT, "description": "\u095c" * 101}), 400, "invalid", "description"
        )

    def test_keeps_a_programs_own_key_as_it_was_sent(self, api):
        assert spend(api, external_id=CAFE_APART)["external_id"] == CAFE_APART


class TestTransactionForm:
    def test_keeps_one_spelling_and_counts_its_letters(self, api, asha):
        browser = browser_of(asha)
        form = {"type": "expense", "amount": "500", "date": "2026-11-20"}
        form |= {"splits-TOTAL_FORMS": "0", "splits-INITIAL_FORMS": "0"}

        browser.post("/transactions/new", {**form, "description": CAFE_APART})
        too_long = browser.post("/transactions/new", {**form, "description": "\u095c" * 101})

        (row,) = api.get("transactions").json()["results"]
        assert row["description"] == CAFE
        assert too_long.status_code == 400


class TestPhrase:
    """`"tea stall"` is in one field; that one ends in tea and the next begins with stall is nothing."""

    def test_is_not_found_across_two_fields(self, api):
        made = spend(api, description="Morning tea", payee="Stall 5", notes="5 paid")["id"]

        assert found(api, q='"tea stall"') == found(api, q='"stall 5 5"') == []
        assert found(api, q='-"tea stall"') == [made]
        assert found(api, q="tea stall") == [made]

    @pytest.mark.parametrize("field", ["description", "payee", "notes"])
    def test_is_found_in_each_field(self, api, field):
        made = spend(api, **{field: "A Tea Stall"})["id"]

        assert found(api, q='"tea stall"') == [made]
        assert found(api, q='-"tea stall"') == []


class TestNames:
    def test_are_kept_in_one_spelling(self, api):
        book = api.post("books", {"name": CAFE_APART}).json()
        account = api.post(
            "accounts", {"name": ROAD_SINGLE, "kind": "cash", "institution": CAFE_APART}
        ).json()
        category = api.post("categories", {"name": CAFE_APART, "type": "expense"}).json()

        assert (book["name"], account["name"], category["name"]) == (CAFE, ROAD, CAFE)
        assert account["institution"] == CAFE
        refused(api.post("categories", {"name": CAFE, "type": "expense"}), 409, "account_name_taken")

    @pytest.mark.parametrize("name", ["\u2800", "\u3164", "\u200d \ufe0f"])
    @pytest.mark.parametrize("path", ["books", "accounts", "categories"])
    def test_must_be_seen(self, api, path, name):
        more = {"accounts": {"kind": "cash"}, "categories": {"type": "expense"}}.get(path, {})

        refused(api.post(path, {"name": name, **more}), 400, "invalid", "name")

    @pytest.mark.parametrize("field", ["description", "payee", "tags"])
    def test_of_what_was_bought_must_be_seen_too(self, api, field):
        said = {"description": "Tea", field: ["\u3164"] if field == "tags" else "\u3164"}
        response = api.post("transactions", {**SPENT, **said})

        if field == "payee":  # which may be empty
            assert response.json()["payee"] == ""
        else:
            refused(response, 400, "invalid")
