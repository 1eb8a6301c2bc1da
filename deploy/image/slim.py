"""`python slim.py SITE_PACKAGES`: takes away what was installed and is never read, a fifth of all.

Other languages than the one people are offered (LANGUAGES in the settings), and what boto3 knows of AWS services that
nothing here calls. Standard library only.
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


def slim(packages: Path) -> None:
    """Will remove both. Raises FileNotFoundError where boto3's data is not where it was."""
    for path in [*packages.rglob("*.mo"), *packages.rglob("*.po")]:
        if path.parent.name == "LC_MESSAGES" and path.parent.parent.name != LANGUAGE:
            path.unlink()
    for path in (packages / "botocore/data").iterdir():
        if path.is_dir() and path.name not in SERVICES:
            shutil.rmtree(path)


if __name__ == "__main__":
    slim(Path(sys.argv[1]))
