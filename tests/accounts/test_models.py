from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError
from django.test import override_settings

from accounts.models import User
from rupaya.core.ids import uuid7
from tests.accounts.phone import PASSWORD, address_new


@pytest.mark.django_db
class TestUserManager:
    def test_makes_a_person_without_a_password_whom_nobody_can_be(self):
        user = User.objects.create_user(address_new(), full_name="Asha")

        assert not user.has_usable_password()
        assert user.created_at.tzinfo is not None

    @pytest.mark.django_db(databases=["default", "owner"])
    def test_makes_a_superuser(self):
        user = User.objects.db_manager("owner").create_superuser(address_new(), PASSWORD, full_name="Asha")

        assert user.is_staff
        assert user.is_superuser
        assert user.check_password(PASSWORD)

    def test_finds_people_by_the_address_in_any_case(self):
        user = User.objects.create_user(address_new("ASHA"), full_name="Asha")

        assert User.objects.get_by_natural_key(f" {user.email.lower()}") == user
        with pytest.raises(User.DoesNotExist):
            User.objects.get_by_natural_key(None)


class TestUser:
    @pytest.mark.parametrize(
        ("full_name", "short_name"), [("Asha Rao", "Asha"), ("Asha", "Asha"), ("आशा राव", "आशा"), ("", "")]
    )
    def test_is_called_by_the_first_word_of_the_name(self, full_name, short_name):
        assert User(full_name=full_name).short_name == short_name

    def test_cleans_itself(self):
        user = User(email=" Asha@example.in ", full_name=" Asha ")

        user.clean()

        assert (user.email, user.full_name) == ("Asha@example.in", "Asha")

    @pytest.mark.django_db
    def test_refuses_a_taken_address_in_any_case_before_saving(self):
        taken = User.objects.create_user(address_new(), full_name="Asha")

        with pytest.raises(ValidationError, match="already an account"):
            User(id=uuid7(), email=taken.email.upper(), full_name="Asha", password="x").full_clean()

    def test_binds_web_sessions_to_password_and_generation(self):
        user = User(password="one")
        before = user.get_session_auth_hash()

        user.password = "two"
        other_password = user.get_session_auth_hash()
        user.session_generation = 1

        assert len({before, other_password, user.get_session_auth_hash()}) == 3

    def test_keeps_web_sessions_over_a_change_of_the_key(self):
        user = User(password="one")
        before = user.get_session_auth_hash()

        with override_settings(SECRET_KEY="next", SECRET_KEY_FALLBACKS=[_secret_key()]):
            assert list(user.get_session_auth_fallback_hash()) == [before]
            assert user.get_session_auth_hash() != before


def _secret_key():
    from django.conf import settings

    return settings.SECRET_KEY
