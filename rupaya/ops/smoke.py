"""Is the service well, and is it the version that was asked for?"""

from __future__ import annotations

import http.client
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from rupaya.ops.plans import USAGE, OpsError, Say
from rupaya.ops.waiting import Patience, wait_until

ANSWER_S: Final = 5.0
ANSWER_BYTES_MAX: Final = 64 * 1024
TIMES: Final = 3  # one answer may come from a task that is on its way out


@dataclass(frozen=True, slots=True)
class Health:
    """What /health answered; status 0 where nothing did."""

    status: int
    state: str
    version: str
    error: str

    @property
    def told(self) -> str:
        """In a few words."""
        if not self.status:
            return f"no answer ({self.error})"
        return f"{self.status} {self.state or 'without a status'}, version {self.version or 'unknown'}"


def health_address(url: str) -> str:
    """The address of /health on the server that a URL names. Raises OpsError; plain http only on this machine."""
    parts = urlsplit(url)
    is_here = parts.hostname in {"localhost", "127.0.0.1", "::1"}
    if not parts.hostname or parts.scheme not in ({"http", "https"} if is_here else {"https"}):
        raise OpsError(f"{url!r} is no address to ask; write it like https://api.rupaya.com.", code=USAGE)
    return f"{parts.scheme}://{parts.netloc}/health"


def health_ask(address: str) -> Health:
    """One question, no redirect followed. Never raises: no answer is an answer."""
    parts = urlsplit(address)
    maker = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = maker(parts.hostname or "", parts.port, timeout=ANSWER_S)
    try:
        connection.request("GET", parts.path, headers={"User-Agent": "rupaya-ops", "Connection": "close"})
        answer = connection.getresponse()
        body = answer.read(ANSWER_BYTES_MAX)
    except (OSError, http.client.HTTPException) as error:
        return Health(0, "", "", str(error) or type(error).__name__)
    finally:
        connection.close()
    try:
        said = json.loads(body)
        return Health(answer.status, str(said["status"]), str(said["version"]), str(said.get("error", "")))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return Health(answer.status, "", "", "not JSON with a status and a version")


def smoke(
    *, address: str, version: str, patience: Patience, say: Say, ask: Callable[[str], Health] = health_ask
) -> Health:
    """Will ask until /health says ok, as that version, three times running; '' takes any version.

    Returns the last answer. Raises OpsError at the limit, with what was answered last.
    """
    well: list[Health] = []

    def look() -> tuple[bool, str]:
        health = ask(address)
        is_well = health.status == http.client.OK and health.state == "ok" and version in {"", health.version}
        if is_well:
            well.append(health)
        else:
            well.clear()
        wanted = "" if is_well or not version else f"; wanted: ok, version {version}"
        return len(well) == TIMES, f"{address}: {health.told}{wanted}"

    wait_until(look, patience=patience, say=say, what=f"The smoke test of {address}")
    return well[-1]
