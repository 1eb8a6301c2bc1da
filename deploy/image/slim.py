"""`python slim.py SITE_PACKAGES`: takes away what was installed and is never read, a fifth of all.

Other languages than the one people are offered (LANGUAGES in the settings), what boto3 knows of AWS services that
nothing here calls, others' tests, and maps. `python slim.py SITE_PACKAGES --collected`, after `collectstatic`: what was
collected lies elsewhere, and is compressed. Standard library only.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import Final

LANGUAGE: Final = "en"
SERVICES: Final = frozenset([
    "application-autoscaling", "cloudwatch", "ecr", "ecs", "elasticache", "elbv2", "kms", "logs", "rds", "s3",
    "secretsmanager", "signin", "sns", "ssm", "sso", "sso-oidc", "sts",
])  # fmt: skip


UNUSED: Final = ("django/contrib/gis",)
COMPRESSORS: Final = ("brotli.py", "_brotli.*.so")


def slim(packages: Path) -> None:
    """Will remove all that. Raises FileNotFoundError where boto3's data or Django's maps are not where they were."""
    for path in [*packages.rglob("*.mo"), *packages.rglob("*.po")]:
        if path.parent.name == "LC_MESSAGES" and path.parent.parent.name != LANGUAGE:
            path.unlink()
    for path in (packages / "botocore/data").iterdir():
        if path.is_dir() and path.name not in SERVICES:
            shutil.rmtree(path)
    for path in [*(packages / name for name in UNUSED), *packages.glob("*/tests")]:
        shutil.rmtree(path)


def slim_collected(packages: Path) -> None:
    """Will remove packages' own static files, and what compressed the collected ones."""
    for path in list(packages.rglob("static")):
        if path.is_dir():
            shutil.rmtree(path)
    for pattern in COMPRESSORS:
        for path in packages.glob(pattern):
            path.unlink()


if __name__ == "__main__":
    (slim_collected if "--collected" in sys.argv else slim)(Path(sys.argv[1]))
