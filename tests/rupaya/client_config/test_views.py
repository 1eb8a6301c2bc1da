"""What an app must know first, for whoever asks."""

from __future__ import annotations

import pytest
from django.test import Client

from rupaya.client_config import views
from tests.support.flags import flag_set

PATH = "/v1/config"


class TestConfig:
    def test_says_what_clients_must_know_without_a_sign_in_and_a_database(self, settings, client):
        settings.CLIENT_MINIMUM_VERSIONS = {"ios": "1.2.0", "android": "1.3.0", "web": "0.0.0"}
        settings.SENTRY_DSN = "https://the-servers-own@example.in/1"

        answer = client.get(PATH)

        assert answer.status_code == 200
        assert answer.json() == {
            "name": "RUPAYA",
            "version": settings.APP_VERSION,
            "api_base_url": settings.API_BASE_URL,
            "sentry_dsn": None,
            "minimum_versions": {"ios": "1.2.0", "android": "1.3.0", "web": "0.0.0"},
            "flags": {},
        }

    def test_is_kept_and_asked_for_by_its_tag(self, client):
        answer = client.get(PATH)
        again = client.get(PATH, headers={"If-None-Match": answer["ETag"]})

        assert answer["Cache-Control"] == "public, max-age=300"
        assert (again.status_code, again.content) == (304, b"")

    def test_cares_for_no_token(self, client):
        assert client.get(PATH, headers={"Authorization": "Bearer rubbish"}).status_code == 200

    def test_takes_no_other_method(self, client):
        assert client.post(PATH).status_code == 405

    @pytest.mark.parametrize("everyone", [True, False, None])
    def test_gives_public_flags_as_they_are_for_everyone(self, db, monkeypatch, everyone):
        monkeypatch.setattr(views, "PUBLIC_FLAGS", ("quick_add", "unknown"))
        flag_set("quick_add", everyone=everyone)
        flag_set("secret_thing", everyone=True)

        assert Client().get(PATH).json()["flags"] == {"quick_add": everyone is True, "unknown": False}
