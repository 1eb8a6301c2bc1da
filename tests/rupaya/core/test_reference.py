from __future__ import annotations

from rupaya.core.openapi import TAGS
from rupaya.core.reference import Part, links_of, shown_of
from tests.support.contract import DOCUMENT


class TestLinksOf:
    def test_has_every_operation_once_below_its_tag(self):
        tags = links_of(DOCUMENT)

        names = [link.name for _, _, links in tags for link in links]
        assert [tag for tag, _, _ in tags] == list(TAGS)
        assert len(names) == len(set(names)) == sum(len(item) for item in DOCUMENT["paths"].values())


class TestShownOf:
    def test_says_what_is_taken(self):
        shown = shown_of(DOCUMENT, name="transaction_create")

        assert shown is not None
        assert shown.needs_sign_in
        assert shown.body[0] == Part("type", "one of “income”, “expense”, “transfer”", "", is_required=True)
        assert Part("description", "string, characters at most 200", "", is_required=True) in shown.body
        assert [(part.name, part.level) for part in shown.body if part.name in {"splits", "category_id"}] == [
            ("category_id", 0),
            ("splits", 0),
            ("category_id", 1),
        ]

    def test_says_what_is_given_and_refused(self):
        shown = shown_of(DOCUMENT, name="transactions_list")

        assert shown is not None
        assert [answer.status for answer in shown.answers] == ["200", "304"]
        assert '"description": "Groceries"' in shown.answers[0].example
        assert shown.answers[1].example == ""
        assert ("400", "query_invalid") in {(refused.status, refused.code) for refused in shown.refusals}

    def test_shows_how_to_ask(self):
        download = shown_of(DOCUMENT, name="attachment_download")
        upload = shown_of(DOCUMENT, name="attachment_create")

        assert download is not None
        assert upload is not None
        assert "Bearer" not in download.call
        assert upload.call.startswith(
            "curl -sX POST http://localhost:8000/v1/transactions/{transaction_id}/attachments"
        )
        assert "-F file=@receipt.jpg" in upload.call

    def test_knows_no_others(self):
        assert shown_of(DOCUMENT, name="nothing") is None
