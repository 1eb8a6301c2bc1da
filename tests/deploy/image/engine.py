"""What runs an image: Docker where an engine answers, else buildah's copy of it in a chroot.

A chroot has no network and no users of its own, but the same files, the same user, a root file system that can't be
written to and the same signals; the rest of what Docker does is Docker's.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import uuid
from abc import ABC, abstractmethod
from contextlib import suppress
from typing import Any, Final

TAG: Final = "rupaya:local"

# A mount namespace of its own ends with the process. `exec` all the way: the process is the image's own, and signals
# reach it.
_CHROOT: Final = """
set -e
root=$1; directory=$2; user=$3; shift 3
mount --bind "$root" "$root"
mount -o remount,bind,ro "$root"
mount --rbind /dev "$root/dev"
mount -t proc proc "$root/proc"
mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"
exec chroot --userspec="$user" --groups= "$root" env --ignore-environment --chdir="$directory" "$@"
"""


class Engine(ABC):
    """One image, ready to run."""

    config: dict[str, Any]  # as Docker names it: User, Env, Cmd, Labels, Healthcheck …
    size: int  # bytes of all layers, unpacked

    @abstractmethod
    def command(self, arguments: list[str], environment: dict[str, str]) -> list[str]:
        """What runs `arguments` in the image, on the machine's own network, with a root that can't be written to."""

    def started(
        self, arguments: list[str] | None, environment: dict[str, str], **options: Any
    ) -> subprocess.Popen[str]:
        """What the image starts, with `arguments` in the place of its CMD."""
        whole = [*self.config["Entrypoint"], *(arguments or self.config["Cmd"])]
        return subprocess.Popen(
            self.command(whole, environment), stdin=subprocess.DEVNULL, text=True, **options
        )

    def ran(self, arguments: list[str], environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
        """What came of a command that ends by itself."""
        return subprocess.run(
            self.command(arguments, environment), stdin=subprocess.DEVNULL, capture_output=True, text=True,
            timeout=300, check=False,
        )  # fmt: skip

    @abstractmethod
    def close(self) -> None:
        """Will leave nothing behind but the image."""


class Docker(Engine):
    """By the engine, as everywhere else."""

    def __init__(self) -> None:
        [found] = json.loads(_output("docker", "image", "inspect", TAG))
        self.config, self.size = found["Config"], found["Size"]
        self._names: list[str] = []

    def command(self, arguments: list[str], environment: dict[str, str]) -> list[str]:
        given = [word for name, value in environment.items() for word in ("--env", f"{name}={value}")]
        self._names.append(f"rupaya-{uuid.uuid4().hex[:12]}")
        return [
            "docker", "run", "--rm", "--name", self._names[-1], "--read-only", "--network", "host",
            "--cap-drop", "ALL", "--security-opt", "no-new-privileges", *given, "--entrypoint", arguments[0], TAG,
            *arguments[1:],
        ]  # fmt: skip

    def close(self) -> None:
        # Whose client was killed runs on.
        subprocess.run(["docker", "rm", "--force", *self._names], capture_output=True, check=False)


class Buildah(Engine):
    """By chroot, as root."""

    def __init__(self) -> None:
        found = json.loads(_output("buildah", "inspect", "--type", "image", TAG))
        self.config = found["Docker"]["config"]
        [image] = json.loads(_output("buildah", "images", "--json", TAG))
        number, unit = image["size"].split()
        self.size = int(float(number) * {"KB": 1e3, "MB": 1e6, "GB": 1e9}[unit.upper()])
        self._container = _output("buildah", "from", "--pull-never", TAG).strip()
        self._root = _output("buildah", "mount", self._container).strip()

    def command(self, arguments: list[str], environment: dict[str, str]) -> list[str]:
        given = [*self.config["Env"], *(f"{name}={value}" for name, value in environment.items())]
        return [
            "unshare", "--mount", "--propagation", "private", "sh", "-c", _CHROOT, "chroot",
            self._root, self.config["WorkingDir"], self.config["User"], *given, *arguments,
        ]  # fmt: skip

    def close(self) -> None:
        with suppress(subprocess.CalledProcessError):
            _output("buildah", "umount", self._container)
            _output("buildah", "rm", self._container)


def engine_choose() -> Engine:
    """The one that deploy/image/build.sh built with."""
    is_docker = (
        shutil.which("docker")
        and not subprocess.run(["docker", "info"], capture_output=True, check=False).returncode
    )
    return Docker() if is_docker else Buildah()


def _output(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout
