"""What seals are kept in. Only the sealer and the schema's owner write; all of it only grows."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q


class SubjectKey(models.Model):
    """The key that a person's, or a book's, entries are encrypted with before they are hashed. Destroyed, it stays so.

    `id` is the person's or the book's own, or nil for what concerns nobody.
    """

    id = models.UUIDField(primary_key=True)
    key = models.BinaryField(null=True)
    destroyed_at = models.DateTimeField(null=True)

    class Meta:
        """A key that is gone says since when."""

        db_table = "audit_key"
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(key__isnull=True, destroyed_at__isnull=False)
                | Q(key__isnull=False, destroyed_at__isnull=True),
                name="audit_key_is_or_was",
            )
        ]


class Leaf(models.Model):
    """An entry's place in the tree, its hash, and the hashes of what is encrypted of it."""

    position = models.BigIntegerField(primary_key=True)
    entry_id = models.UUIDField(unique=True)
    entry_created_at = models.DateTimeField()
    hash = models.BinaryField()
    changes_hash = models.BinaryField()
    origin_hash = models.BinaryField()

    class Meta:
        """In the order of their sealing."""

        db_table = "audit_leaf"


class Seal(models.Model):
    """A signed head: the tree's first `size` leaves are what they are."""

    number = models.BigIntegerField(primary_key=True)
    size = models.BigIntegerField(unique=True)
    root = models.BinaryField()
    frontier = models.BinaryField()
    head = models.TextField()
    head_hash = models.BinaryField(unique=True)
    previous = models.BinaryField(null=True)
    sealed_at = models.DateTimeField()
    cluster = models.CharField(max_length=40)
    snapshot = models.TextField()
    is_complete = models.BooleanField()
    key_id = models.CharField(max_length=8)

    class Meta:
        """One chain."""

        db_table = "audit_seal"


class Anchor(models.Model):
    """That a seal's head lies where nobody can change it, since when, and under which version."""

    seal = models.OneToOneField(Seal, primary_key=True, on_delete=models.PROTECT)
    version = models.CharField(max_length=1024)
    anchored_at = models.DateTimeField()

    class Meta:
        """At most one a seal."""

        db_table = "audit_anchor"
