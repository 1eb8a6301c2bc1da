"""Each app's models.py is a front door: it shows every model of its features, under its own name."""

from __future__ import annotations

from importlib import import_module

import pytest
from django.apps import apps

OURS = ("accounts", "audit", "flags", "ledger")


class TestModels:
    @pytest.mark.parametrize("app", OURS)
    def test_are_all_at_the_front_door(self, app):
        front = import_module(f"{app}.models")
        models = [model for model in apps.get_app_config(app).get_models() if not model._meta.auto_created]

        assert models
        for model in models:
            assert getattr(front, model.__name__, None) is model

    @pytest.mark.parametrize("app", OURS)
    def test_have_ids_that_sort_by_their_making(self, app):
        for model in apps.get_app_config(app).get_models():
            key = model._meta.pk
            if key.get_internal_type() == "UUIDField" and key.has_default():
                assert key.get_default().version == 7, model
