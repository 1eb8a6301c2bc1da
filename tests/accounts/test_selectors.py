from __future__ import annotations

import pytest

from accounts.models import User
from accounts.selectors import PersonNotFound, person_by_id
from rupaya.core.ids import uuid7
from tests.accounts.phone import address_new


@pytest.mark.django_db
class TestPersonById:
    def test_finds_the_person_in_one_query(self, django_assert_num_queries):
        user = User.objects.create_user(address_new(), full_name="Asha")

        with django_assert_num_queries(1):
            assert person_by_id(user_id=user.pk) == user

    def test_refuses_an_unknown_id(self):
        with pytest.raises(PersonNotFound):
            person_by_id(user_id=uuid7())
