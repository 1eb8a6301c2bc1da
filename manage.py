#!/usr/bin/env python
"""RUPAYA's command line."""

import os
import sys


def main() -> None:
    """Will run a command; the engines start by themselves where no URL names others.

    A setting that is wrong, or an engine that can't start, ends it with its one sentence and exit code 1.
    """
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "rupaya.settings")
    from django.core.exceptions import ImproperlyConfigured  # noqa: PLC0415  # settings first
    from django.core.management import execute_from_command_line  # noqa: PLC0415

    from rupaya.embedded import EngineError  # noqa: PLC0415

    try:
        execute_from_command_line(sys.argv)
    except (ImproperlyConfigured, EngineError) as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
