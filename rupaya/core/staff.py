"""What the admin's pages share."""

from __future__ import annotations

from django import forms
from django.contrib.admin.helpers import ActionForm
from django.http import HttpRequest

from rupaya.core.text import REASON_MAX, has_hidden, is_seen


class ReasonedActionForm(ActionForm):
    """Beside the choice of an action: why, and whether it is really meant.

    Django says of a form that does not fit only that no action was chosen: `reason_read` says what is wrong.
    """

    reason = forms.CharField(
        required=False, label="Reason", widget=forms.TextInput(attrs={"maxlength": REASON_MAX})
    )
    is_sure = forms.BooleanField(required=False, label="I am sure")


def reason_read(request: HttpRequest) -> tuple[str, str]:
    """Why an action is to be done, and the sentence that refuses it: '' where the reason will do."""
    reason = request.POST.get("reason", "").strip()
    if not is_seen(reason) or not request.POST.get("is_sure"):
        return reason, "Nothing was done: give a reason and tick “I am sure” beside the action."
    if has_hidden(reason) or len(reason) > REASON_MAX:
        return reason, f"Nothing was done: a reason has 1 to {REASON_MAX} characters on one line."
    return reason, ""
