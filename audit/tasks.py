"""The front door that the worker looks for; each task lives with its feature."""

from audit.seals.tasks import log_seal as log_seal
