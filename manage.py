#!/usr/bin/env python
"""RUPAYA's command line."""

import os
import sys


def main() -> None:
    """Will run a command; the engines start by themselves where no URL names others."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "rupaya.settings")
    from django.core.management import execute_from_command_line  # noqa: PLC0415  # settings first

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
