from __future__ import annotations

import datetime as dt

import pytest
from procrastinate.contrib.django.models import ProcrastinateJob

from rupaya.core import clock
from rupaya.core.ids import uuid7
from tests.accounts.phone import person_new
from tests.ledger.books.sharing import invite, restrict, roles, share
from tests.ledger.desk import Api, record, refused
from tests.support.cast import Person


@pytest.fixture
def phone(committed, asha):
    return Api(asha)


def body(response, status=200):
    assert response.status_code == status, response.content
    return response.json()


def book_of(person):
    return f"books/{person.book.pk}"


class TestBookCollection:
    def test_lists_ones_books_with_ones_role(self, phone, asha, bala):
        share(bala, asha, "viewer")

        found = body(phone.get("books"))["results"]

        assert [(book["id"], book["role"], book["members_count"]) for book in found] == [
            (str(asha.book.pk), "owner", 1),
            (str(bala.book.pk), "viewer", 2),
        ]

    def test_pages(self, phone, asha, bala):
        share(bala, asha)

        first = body(phone.get("books", limit=1))
        second = body(phone.follow(first["next"]))

        assert [len(page["results"]) for page in (first, second)] == [1, 1]
        assert second["next"] is None

    def test_opens_one_from_its_name_alone(self, phone):
        made = body(phone.post("books", {"name": "  Our  shop "}), 201)

        assert made == body(phone.get(f"books/{made['id']}"))
        assert {key: made[key] for key in made if key not in {"id", "created_at"}} == {
            "name": "Our shop",
            "role": "owner",
            "base_currency": "INR",
            "time_zone": "Asia/Kolkata",
            "fiscal_year_start_month": 4,
            "month_start_day": 1,
            "closed_until": None,
            "members_count": 1,
        }
        assert len(body(phone.get("categories", book_id=made["id"]))["results"]) > 20

    def test_opens_one_with_all_its_settings(self, phone):
        wanted = {
            "name": "दुकान",
            "base_currency": "usd",
            "time_zone": "Europe/London",
            "fiscal_year_start_month": 1,
            "month_start_day": "last",
        }

        made = body(phone.post("books", wanted), 201)

        assert {key: made[key] for key in wanted} == wanted | {"base_currency": "USD"}

    @pytest.mark.parametrize(
        ("field", "value"),
        [("name", ""), ("name", "x" * 81), ("name", "a\u202eb"), ("name", "a\u0007b"), ("name", "\u200d"),
         ("name", None), ("name", 5 * [1]), ("base_currency", "XXX"), ("base_currency", ""), ("time_zone", "IST"),
         ("time_zone", "../../etc/passwd"),
         ("fiscal_year_start_month", 0), ("fiscal_year_start_month", 13), ("month_start_day", 29),
         ("month_start_day", "first"), ("month_start_day", True), ("month_start_day", 1.5), ("month_start_day", None),
         ("month_start_day", [1]), ("closed_until", "2026-03-31"), ("owner", "me")],
    )  # fmt: skip
    def test_names_what_is_wrong(self, phone, field, value):
        refused(phone.post("books", {"name": "Shop"} | {field: value}), 400, "invalid", field)

    def test_refuses_the_21st(self, phone):
        for _ in range(19):
            body(phone.post("books", {"name": "x"}), 201)

        refused(phone.post("books", {"name": "x"}), 422, "books_too_many")


class TestBookResource:
    def test_changes_what_is_sent(self, phone, asha):
        yesterday = (clock.today() - dt.timedelta(days=1)).isoformat()
        change = {"name": "Home", "month_start_day": 28, "closed_until": yesterday, "base_currency": "EUR"}

        changed = body(phone.patch(book_of(asha), change))

        assert {key: changed[key] for key in change} == change
        assert changed["time_zone"] == "Asia/Kolkata"
        assert body(phone.patch(book_of(asha), {})) == changed

    def test_explains_each_refusal(self, phone, asha):
        record(asha)
        body(phone.patch(book_of(asha), {"closed_until": "2026-03-31"}))

        for change, code in (
            ({"base_currency": "USD"}, "book_currency_settled"),
            ({"closed_until": "2026-03-30"}, "period_only_closes"),
            ({"closed_until": "2126-03-30"}, "period_not_over"),
        ):
            refused(phone.patch(book_of(asha), {"name": "Not kept"} | change), 422, code)
        assert body(phone.get(book_of(asha)))["name"] == asha.book.name

    @pytest.mark.parametrize("day", ["31/03/2026", "2026-02-30", 20260331, None, "२०२६-०३-३१"])
    def test_reads_a_day_in_one_form(self, phone, asha, day):
        refused(phone.patch(book_of(asha), {"closed_until": day}), 400, "invalid", "closed_until")

    def test_changes_what_the_person_looked_at_and_nothing_else(self, phone, asha):
        path = f"/v1/{book_of(asha)}"
        seen = phone.follow(path)["ETag"]

        def rename(name, etag):
            return phone.client.patch(
                path, {"name": name}, content_type="application/json", headers={"If-Match": etag}
            )

        changed = rename("Ours", seen)

        assert changed.status_code == 200
        assert changed["ETag"] == phone.follow(path)["ETag"] != seen
        refused(rename("Mine", seen), 412, "precondition_failed")
        assert body(rename("All of us", changed["ETag"]))["name"] == "All of us"


class TestMembers:
    def test_are_listed_for_whoever_shares_the_book(self, phone, asha, bala):
        share(asha, bala, "viewer")

        found = body(Api(bala).get(f"{book_of(asha)}/members"))["results"]

        assert [(m["user_id"], m["role"], m["email"], m["is_you"]) for m in found] == [
            (str(asha.id), "owner", asha.user.email, False),
            (str(bala.id), "viewer", bala.user.email, True),
        ]

    def test_get_another_role(self, phone, asha, bala):
        share(asha, bala)

        changed = body(phone.patch(f"{book_of(asha)}/members/{bala.id}", {"role": "viewer"}))

        assert (changed["user_id"], changed["role"]) == (str(bala.id), "viewer")
        legs = {"type": "expense", "amount": 5, "description": "Tea"}
        refused(Api(bala).post(f"transactions?book_id={asha.book.pk}", legs), 403, "book_read_only")

    @pytest.mark.parametrize("role", ["", "admin", None, ["owner"]])
    def test_refuse_a_role_that_is_none(self, phone, asha, role):
        refused(phone.patch(f"{book_of(asha)}/members/{asha.id}", {"role": role}), 400, "invalid", "role")

    def test_leave_and_are_removed(self, phone, asha, bala, chitra):
        for guest in (bala, chitra):
            share(asha, guest, "viewer")

        assert Api(bala).delete(f"{book_of(asha)}/members/{bala.id}").status_code == 204
        assert phone.delete(f"{book_of(asha)}/members/{chitra.id}").status_code == 204

        refused(Api(bala).get(book_of(asha)), 404, "book_not_found")
        refused(phone.delete(f"{book_of(asha)}/members/{chitra.id}"), 404, "member_not_found")
        refused(phone.delete(f"{book_of(asha)}/members/{asha.id}"), 422, "book_needs_owner")
        refused(
            phone.patch(f"{book_of(asha)}/members/{asha.id}", {"role": "viewer"}), 422, "book_needs_owner"
        )


class TestOwnership:
    def test_goes_to_a_member(self, phone, asha, bala):
        share(asha, bala)

        assert body(phone.post(f"{book_of(asha)}/ownership", {"user_id": str(bala.id)}))["role"] == "editor"

        assert roles(asha) == {asha.id: "editor", bala.id: "owner"}

    def test_is_given_of_the_book_that_was_looked_at(self, phone, asha, bala):
        share(asha, bala)
        path = f"/v1/{book_of(asha)}"
        seen = phone.follow(path)["ETag"]

        def give(etag):
            return phone.client.post(
                f"{path}/ownership",
                {"user_id": str(bala.id)},
                content_type="application/json",
                headers={"If-Match": etag},
            )

        body(phone.patch(book_of(asha), {"name": "Ours"}))

        refused(give(seen), 412, "precondition_failed")
        given = give(phone.follow(path)["ETag"])
        assert (given.status_code, given["ETag"]) == (200, phone.follow(path)["ETag"])

    def test_goes_to_nobody_else(self, phone, asha, chitra):
        path = f"{book_of(asha)}/ownership"

        refused(phone.post(path, {"user_id": str(chitra.id)}), 404, "member_not_found")
        refused(phone.post(path, {"user_id": str(asha.id)}), 409, "ownership_yours")
        refused(phone.post(path, {"user_id": "x"}), 400, "invalid", "user_id")


class TestInvitations:
    def test_go_by_letter_and_are_listed_until_they_are_over(self, phone, asha, bala):
        path = f"{book_of(asha)}/invitations"

        made = body(phone.post(path, {"email": bala.user.email, "role": "viewer"}), 201)

        assert made.keys() == {"id", "email", "role", "invited_by", "created_at", "expires_at"}
        assert body(phone.get(path))["results"] == [made]
        assert ProcrastinateJob.objects.filter(args__invitation_id=made["id"]).count() == 1
        assert phone.delete(f"{path}/{made['id']}").status_code == 204
        assert body(phone.get(path))["results"] == []
        refused(phone.delete(f"{path}/{made['id']}"), 404, "invitation_not_found")

    def test_answer_the_same_whether_or_not_an_address_has_an_account(self, phone, asha):
        path = f"{book_of(asha)}/invitations"

        known, unknown = [
            body(phone.post(path, {"email": address, "role": "editor"}), 201)
            for address in (person_new().email, f"{uuid7().hex}@example.in")
        ]

        unique = {"id", "email", "created_at", "expires_at"}
        assert known.keys() == unknown.keys()
        assert {k: v for k, v in known.items() if k not in unique} == {
            k: v for k, v in unknown.items() if k not in unique
        }

    def test_refuse_a_member_and_too_many(self, phone, asha, bala):
        path = f"{book_of(asha)}/invitations"
        share(asha, bala)
        refused(phone.post(path, {"email": bala.user.email.upper(), "role": "owner"}), 409, "member_already")

        for number in range(20):
            body(phone.post(path, {"email": f"x{number}@example.in", "role": "viewer"}), 201)

        refused(phone.post(path, {"email": "x@example.in", "role": "viewer"}), 422, "invitations_too_many")

    @pytest.mark.parametrize(
        ("field", "value"),
        [("email", "x"), ("email", ""), ("email", "a b@example.in"), ("email", "x" * 250 + "@example.in"),
         ("email", None), ("role", "boss"), ("token", "x")],
    )  # fmt: skip
    def test_name_what_is_wrong(self, phone, asha, field, value):
        given = {"email": "x@example.in", "role": "viewer"} | {field: value}

        refused(phone.post(f"{book_of(asha)}/invitations", given), 400, "invalid", field)


class TestInvitationAcceptance:
    def test_lets_the_invited_in(self, phone, asha, bala):
        _, token = invite(asha, bala.user.email, "viewer")

        joined = body(Api(bala).post("invitations/accept", {"token": token}))

        assert (joined["id"], joined["role"], joined["members_count"]) == (str(asha.book.pk), "viewer", 2)
        refused(Api(bala).post("invitations/accept", {"token": token}), 409, "member_already")

    def test_says_why_not(self, phone, asha, bala, chitra):
        _, token = invite(asha, bala.user.email)
        revoked_id, revoked = invite(asha, chitra.user.email)
        phone.delete(f"{book_of(asha)}/invitations/{revoked_id}")

        refused(Api(chitra).post("invitations/accept", {"token": token}), 403, "invitation_for_another")
        refused(Api(chitra).post("invitations/accept", {"token": revoked}), 410, "invitation_revoked")
        refused(Api(chitra).post("invitations/accept", {"token": "x"}), 404, "invitation_not_found")
        refused(Api(chitra).post("invitations/accept", {"token": "x" * 101}), 400, "invalid", "token")
        refused(Api(chitra).post("invitations/accept", {}), 400, "invalid", "token")

    def test_takes_no_second_time(self, phone, asha, bala):
        _, token = invite(asha, bala.user.email)
        guest = Api(bala)
        body(guest.post("invitations/accept", {"token": token}))
        guest.delete(f"{book_of(asha)}/members/{bala.id}")

        refused(guest.post("invitations/accept", {"token": token}), 410, "invitation_used")

    def test_refuses_the_21st_member(self, phone, asha, bala):
        for _ in range(19):
            guest = person_new()
            _, token = invite(asha, guest.email, "viewer")
            body(Api(Person(guest, asha.book)).post("invitations/accept", {"token": token}))
        _, token = invite(asha, bala.user.email)

        refused(Api(bala).post("invitations/accept", {"token": token}), 422, "members_too_many")


class TestVisibility:
    def test_is_set_account_by_account(self, phone, asha, bala):
        share(asha, bala)
        path = f"{book_of(asha)}/members/{bala.id}/accounts"
        savings = asha.account("Savings account").pk

        changed = body(phone.put(f"{path}/{savings}", {"visibility": "hidden"}))

        assert changed == {
            "id": str(savings),
            "name": "Savings account",
            "type": "asset",
            "kind": "bank",
            "visibility": "hidden",
        }
        assert changed in body(phone.get(path))["results"]
        assert str(savings) not in Api(bala).get(path).content.decode()
        shown = body(Api(bala).get("accounts", book_id=str(asha.book.pk)))["results"]
        assert "Savings account" not in {account["name"] for account in shown}

    def test_is_not_shown_to_other_members(self, phone, asha, bala, chitra):
        for guest in (bala, chitra):
            share(asha, guest)
        restrict(asha, bala, "Cash", "read")

        refused(Api(chitra).get(f"{book_of(asha)}/members/{bala.id}/accounts"), 403, "book_read_only")
        results = body(Api(bala).get(f"{book_of(asha)}/members/{bala.id}/accounts"))["results"]
        assert [a["name"] for a in results if a["visibility"] == "read"] == ["Cash"]

    def test_explains_each_refusal(self, phone, asha, bala, chitra):
        share(asha, bala)
        cash, groceries = asha.account("Cash").pk, asha.account("Groceries").pk

        for user_id, account_id, level, status, code in (
            (asha.id, cash, "hidden", 422, "owner_sees_all"),
            (bala.id, groceries, "hidden", 422, "account_always_shown"),
            (bala.id, groceries, "full", 404, "account_not_in_book"),
            (bala.id, uuid7(), "read", 404, "account_not_in_book"),
            (chitra.id, cash, "full", 404, "member_not_found"),
            (bala.id, cash, "half", 400, "invalid"),
        ):
            path = f"{book_of(asha)}/members/{user_id}/accounts/{account_id}"
            refused(phone.put(path, {"visibility": level}), status, code)
