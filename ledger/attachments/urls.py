"""The attachments' addresses."""

from django.urls import path

from ledger.attachments import views

api = [
    path("transactions/<uuid:transaction_id>/attachments", views.AttachmentCollection.as_view()),
    path("attachments/<uuid:attachment_id>", views.AttachmentResource.as_view()),
    path("attachments/<uuid:attachment_id>/file", views.AttachmentFile.as_view(), name="attachment_file"),
]
