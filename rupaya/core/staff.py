"""What the admin's pages share."""

from __future__ import annotations

from django import forms
from django.contrib.admin.helpers import ActionForm


class ReasonedActionForm(ActionForm):
    """Beside the choice of an action: why, and whether it is really meant."""

    reason = forms.CharField(required=False, max_length=200, label="Reason")
    is_sure = forms.BooleanField(required=False, label="I am sure")
