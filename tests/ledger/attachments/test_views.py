from __future__ import annotations

import psycopg
import pytest
import time_machine
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from ledger.attachments.rules import FILE_BYTES_MAX
from rupaya.core import api as core
from rupaya.core.ids import uuid7
from rupaya.core.parsers import UploadParser
from tests.ledger.attachments.papers import attached, different
from tests.ledger.attachments.pictures import CANARY, PDF, PHONE_HEIC, SIZE, jpeg, png, webp
from tests.ledger.desk import NOW, Api, guest_make, record, refused
from tests.support.cast import member_add


@pytest.fixture
def api(asha):
    return Api(asha)


def upload(api, transaction_id, data, name="bill.png"):
    return api.upload(f"transactions/{transaction_id}/attachments", data, name=name)


def made(api, asha, data=None, name="bill.png"):
    response = upload(api, record(asha), png() if data is None else data, name)
    assert response.status_code == 201, response.content
    return response.json()


def body_of(response):
    return b"".join(response.streaming_content)


def noting(order, word, function):
    """The function, which writes down when it was called."""

    def inner(*args):
        order.append(word)
        return function(*args)

    return inner


class TestAttachmentCollection:
    @pytest.mark.parametrize(
        ("data", "content_type", "size"),
        [(jpeg(), "image/jpeg", SIZE), (png(), "image/png", SIZE), (webp(), "image/webp", SIZE),
         (PHONE_HEIC, "image/heic", SIZE), (PDF, "application/pdf", (None, None))],
        ids=["jpeg", "png", "webp", "heic", "pdf"],
    )  # fmt: skip
    def test_keeps_a_paper_whatever_the_sender_called_it(self, api, asha, data, content_type, size):
        transaction_id = record(asha)

        response = upload(api, transaction_id, data, "bill.html")

        body = response.json()
        assert response.status_code == 201
        assert body.keys() == {
            "id", "book_id", "transaction_id", "name", "content_type", "size_bytes", "sha256", "width", "height",
            "created_at", "created_by", "download_url",
        }  # fmt: skip
        assert (body["content_type"], body["width"], body["height"]) == (content_type, *size)
        assert (body["transaction_id"], body["book_id"]) == (str(transaction_id), str(asha.book.pk))
        assert body["name"].startswith("bill.html.")
        assert body["created_by"] == str(asha.id)

    def test_answers_the_same_file_with_200_and_the_same_attachment(self, api, asha):
        transaction_id = record(asha)
        first = upload(api, transaction_id, png()).json()

        second = upload(api, transaction_id, png())

        assert (second.status_code, second.json()["id"]) == (200, first["id"])

    def test_lists_the_oldest_first_page_by_page(self, api, asha):
        transaction_id = record(asha)
        sent = [upload(api, transaction_id, different(number)).json()["id"] for number in range(3)]

        first = api.get(f"transactions/{transaction_id}/attachments", limit=2).json()
        second = api.follow(first["next"]).json()

        assert [item["id"] for item in first["results"] + second["results"]] == sent
        assert second["next"] is None

    @pytest.mark.parametrize("data", [b"", b"<svg/>", b"MZ" + bytes(99)], ids=["empty", "svg", "program"])
    def test_refuses_other_types(self, api, asha, data):
        body = refused(upload(api, record(asha), data, "bill.png"), 422, "attachment_type_unknown")

        assert body["error"].endswith("send JPEG, PNG, WebP, HEIC or PDF.")

    def test_refuses_what_was_cut_off(self, api, asha):
        refused(upload(api, record(asha), jpeg()[:-2]), 422, "attachment_damaged")

    def test_refuses_too_many_pixels(self, api, asha):
        data = jpeg()
        at = data.index(b"\xff\xc0") + 5

        refused(
            upload(api, record(asha), data[:at] + b"\xff\xff\xff\xff" + data[at + 4 :]),
            422,
            "attachment_too_many_pixels",
        )

    def test_refuses_an_eleventh(self, api, asha):
        transaction_id = record(asha)
        for number in range(10):
            assert upload(api, transaction_id, different(number)).status_code == 201

        refused(upload(api, transaction_id, PDF), 422, "attachments_too_many")

    @pytest.mark.parametrize("size", [FILE_BYTES_MAX + 1, 11 * 1024 * 1024, 12 * 1024 * 1024])
    def test_refuses_a_body_that_is_too_large(self, api, asha, size):
        body = refused(upload(api, record(asha), PDF.ljust(size)), 413, "body_too_large")

        assert "10 MB" in body["error"]

    def test_takes_the_largest_there_may_be(self, api, asha):
        data = PDF[:9] + b" " * (FILE_BYTES_MAX - len(PDF)) + PDF[9:]

        assert made(api, asha, data)["size_bytes"] == FILE_BYTES_MAX

    @pytest.mark.parametrize(
        ("fields", "wrong"),
        [({}, "file"), ({"file": "words"}, "file"),
         ({"file": SimpleUploadedFile("a.pdf", PDF), "colour": "red"}, "colour")],
    )  # fmt: skip
    def test_names_the_wrong_field(self, api, asha, fields, wrong):
        response = api.client.post(f"/v1/transactions/{record(asha)}/attachments", fields)

        refused(response, 400, "invalid", wrong)

    def test_refuses_a_broken_body(self, api, asha):
        response = api.client.post(
            f"/v1/transactions/{record(asha)}/attachments", b"--", content_type="multipart/form-data"
        )

        refused(response, 400, "invalid")

    def test_refuses_two_files_in_one_body(self, api, asha):
        files = [SimpleUploadedFile(f"{name}.pdf", PDF) for name in "ab"]

        body = refused(
            api.client.post(f"/v1/transactions/{record(asha)}/attachments", {"file": files}),
            400,
            "body_unreadable",
        )

        assert body["error"] == "The body names 'file' twice."

    def test_refuses_json(self, api, asha):
        refused(api.post(f"transactions/{record(asha)}/attachments", {}), 415, "unsupported_media_type")

    @pytest.mark.parametrize("method", ["get", "post"])
    def test_finds_no_transaction_of_another_book(self, api, chitra, method):
        for transaction_id in (record(chitra), uuid7()):
            path = f"transactions/{transaction_id}/attachments"
            response = api.get(path) if method == "get" else api.upload(path, PDF)
            refused(response, 404, "transaction_not_found")

    def test_takes_no_file_from_nobody(self, asha):
        response = Client().post(
            f"/v1/transactions/{record(asha)}/attachments", {"file": SimpleUploadedFile("a.pdf", PDF)}
        )

        refused(response, 401, "not_authenticated")

    def test_takes_the_file_in_before_it_opens_a_transaction(self, api, asha, monkeypatch):
        order: list[str] = []
        for place, name, word in ((UploadParser, "parse", "body"), (core, "acting_as", "transaction")):
            monkeypatch.setattr(place, name, noting(order, word, getattr(place, name)))

        made(api, asha)

        assert order == ["body", "transaction"]

    def test_reports_a_storage_that_is_away(self, api, asha, settings, tmp_path):
        (tmp_path / "wall").touch()
        settings.MEDIA_ROOT = tmp_path / "wall"

        refused(upload(api, record(asha), png()), 503, "storage_unavailable")


class TestAttachmentResource:
    def test_shows_one_and_where_to_fetch_it(self, api, asha):
        sent = made(api, asha)

        body = api.get(f"attachments/{sent['id']}").json()

        assert {**body, "download_url": ""} == {**sent, "download_url": ""}
        assert body["download_url"].startswith(f"http://testserver/v1/attachments/{sent['id']}/file?token=")

    def test_removes_one(self, api, asha):
        sent = made(api, asha)

        assert api.delete(f"attachments/{sent['id']}").status_code == 204
        refused(api.get(f"attachments/{sent['id']}"), 404, "attachment_not_found")
        refused(api.delete(f"attachments/{sent['id']}"), 404, "attachment_not_found")
        assert api.get(f"transactions/{sent['transaction_id']}/attachments").json()["results"] == []


class TestAttachmentFile:
    def test_gives_the_bytes_without_a_session_to_be_saved(self, api, asha):
        sent = made(api, asha, jpeg(), "किराना बिल.jpg")

        response = Client().get(sent["download_url"])

        data = body_of(response)
        assert (response.status_code, response["Content-Type"]) == (200, "image/jpeg")
        assert response["Content-Disposition"].startswith("attachment; filename*=utf-8''%E0%A4%95")
        assert response["X-Content-Type-Options"] == "nosniff"
        assert response["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'; sandbox"
        assert response["Cache-Control"] == "no-store"
        assert int(response["Content-Length"]) == len(data) == sent["size_bytes"]
        assert CANARY.encode() not in data

    @pytest.mark.parametrize("accept", ["image/*", "application/pdf", "*/*"])
    def test_gives_them_whatever_type_is_asked_for(self, api, asha, accept):
        response = Client().get(made(api, asha)["download_url"], headers={"Accept": accept})

        assert response.status_code == 200
        response.close()

    def test_is_good_for_five_minutes(self, api, asha):
        with time_machine.travel(NOW, tick=False) as clock:
            url = made(api, asha)["download_url"]
            clock.shift(299)
            response = Client().get(url)
            clock.shift(2)
            late = Client().get(url)

        assert response.status_code == 200
        response.close()
        refused(late, 404, "attachment_not_found")

    @pytest.mark.parametrize("token", ["", "?token=", "?token=x", "?token=a:b:c"])
    def test_refuses_a_token_that_was_made_up(self, api, asha, token):
        sent = made(api, asha)

        refused(Client().get(f"/v1/attachments/{sent['id']}/file{token}"), 404, "attachment_not_found")

    def test_refuses_the_token_of_another_attachment(self, api, asha):
        one, other = made(api, asha), made(api, asha)

        response = Client().get(one["download_url"].replace(one["id"], other["id"]))

        refused(response, 404, "attachment_not_found")

    def test_refuses_one_that_was_removed_meanwhile(self, api, asha):
        sent = made(api, asha)
        api.delete(f"attachments/{sent['id']}")

        refused(Client().get(sent["download_url"]), 404, "attachment_not_found")

    def test_refuses_a_member_who_is_none_any_more(self, committed, asha, admin_url):
        guest = guest_make(admin_url, book=asha.book, role="viewer")
        attachment = attached(asha)
        url = Api(guest).get(f"attachments/{attachment.pk}", book_id=asha.book.pk).json()["download_url"]
        fresh = Client().get(url)

        with psycopg.connect(admin_url) as admin:
            admin.execute("DELETE FROM ledger_member WHERE user_id = %s", [guest.id])

        assert fresh.status_code == 200
        fresh.close()
        refused(Client().get(url), 404, "book_not_found")

    def test_reports_bytes_that_are_gone(self, api, asha):
        attachment = attached(asha)
        url = api.get(f"attachments/{attachment.pk}").json()["download_url"]
        default_storage.delete(attachment.storage_key)

        refused(Client().get(url), 503, "storage_unavailable")


class TestViewer:
    def test_reads_and_does_not_write(self, committed, asha, bala, admin_url):
        member_add(admin_url, book=asha.book, person=bala, role="viewer")
        attachment = attached(asha)
        query = f"?book_id={asha.book.pk}"

        api = Api(bala)

        assert api.get(f"attachments/{attachment.pk}", book_id=asha.book.pk).status_code == 200
        refused(api.delete(f"attachments/{attachment.pk}{query}"), 403, "book_read_only")
        refused(
            api.upload(f"transactions/{attachment.transaction_id}/attachments{query}", PDF),
            403,
            "book_read_only",
        )
