from __future__ import annotations

from accounts import registry
from accounts.registry import signup_step_register, signup_steps


class TestSignupStepRegister:
    def test_keeps_the_order_and_each_step_once(self, monkeypatch):
        monkeypatch.setattr(registry, "_signup_steps", [])

        def first(*, user_id, full_name): ...

        def second(*, user_id, full_name): ...

        for step in (first, second, first):
            signup_step_register(step)

        assert signup_steps() == (first, second)
