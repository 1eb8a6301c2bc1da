"""`python compare.py OURS THEIRS`: whether every certificate of the first file is in the second.

Exit 1 where one is not: it is not AWS's, or no longer. A certificate that only THEIRS has is told and no fault: tasks
trust what they trusted, until somebody has looked at it. Standard library only.
"""

from __future__ import annotations

import hashlib
import re
import ssl
import sys
from pathlib import Path
from typing import Final

_CERTIFICATE: Final = re.compile(r"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", re.DOTALL)


def fingerprints(text: str) -> set[str]:
    """SHA-256 of each certificate of a PEM file."""
    return {
        hashlib.sha256(ssl.PEM_cert_to_DER_cert(found[0])).hexdigest()
        for found in _CERTIFICATE.finditer(text)
    }


def main(ours: Path, theirs: Path) -> int:
    """Will say what differs."""
    own, published = fingerprints(ours.read_text()), fingerprints(theirs.read_text())
    if not own or own - published:
        sys.stdout.write(
            f"::error::{ours} has a certificate that is not published: {sorted(own - published)}\n"
        )
        return 1
    if published - own:
        sys.stdout.write(f"::warning::{ours} lacks what is published: {sorted(published - own)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
