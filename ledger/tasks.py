"""The front door that the worker looks for; each task lives with its feature."""

from ledger.books import tasks as books

__all__ = ["books"]
