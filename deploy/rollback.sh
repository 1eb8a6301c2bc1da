#!/bin/sh
# Back to the last release that proved healthy; options are those of `manage.py ops rollback`.
set -eu
cd "$(dirname "$0")/.."
python=.venv/bin/python
[ -x "$python" ] || python=python3
exec "$python" manage.py ops rollback "$@"
