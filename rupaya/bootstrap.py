"""Makes .venv with what requirements.txt pins: `python3 rupaya/bootstrap.py [--dev]`, run by the Makefile.

Standard library only, and written so that even Python 2.7 can read it far enough to say what is missing.
"""
# What older Pythons lack: annotations, f-strings, pathlib, `raise ... from`.
# ruff: noqa: ANN001, ANN201, B904, PTH100, PTH102, PTH104, PTH107, PTH110, PTH112, PTH113, PTH114, PTH118, PTH120
# ruff: noqa: PTH123, T201, UP010, UP020, UP024, UP031

from __future__ import print_function

import hashlib
import io
import os
import subprocess
import sys
import time

SUPPORTED = [(3, 11), (3, 12), (3, 13)]
ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
LOCK_WAIT_S = 900


class Refusal(Exception):
    """What keeps the project from being installed, in one sentence."""


def fits(major, minor):
    # type: (int, int) -> bool
    """Is this version of Python one that the project supports?"""
    return (major, minor) in SUPPORTED


def other_python(search):
    # type: (str) -> str | None
    """The newest supported Python among the directories of `search` (written like PATH), or None."""
    for version in reversed(SUPPORTED):
        for directory in search.split(os.pathsep):
            candidate = os.path.join(directory, "python%d.%d" % version)
            if directory and os.path.isfile(candidate) and runs(candidate):
                return candidate
    return None


def runs(python):
    # type: (str) -> bool
    """Does this Python start? A version manager's stand-in for one that is not installed does not."""
    with open(os.devnull, "w") as nowhere:
        try:
            return subprocess.call([python, "-c", ""], stdout=nowhere, stderr=nowhere) == 0
        except OSError:
            return False


def requirement_files(root, is_dev):
    # type: (str, bool) -> list[str]
    """The files to install from, relative to `root`."""
    files = ["requirements.txt"]
    if is_dev:
        files.append(os.path.join("tests", "requirements.txt"))
    for name in files:
        if not os.path.isfile(os.path.join(root, name)):
            raise Refusal("%s is missing from %s: the copy of the project is not whole." % (name, root))
    return files


def stamps(root, files):
    # type: (str, list[str]) -> list[str]
    """One line for each file: what an environment that holds it was made of, by whom, and where."""
    made = []
    for name in files:
        with open(os.path.join(root, name), "rb") as file:
            digest = hashlib.sha256(file.read()).hexdigest()
        made.append("%s %s python%d.%d %s" % (name, digest, sys.version_info[0], sys.version_info[1], root))
    return made


def environment_ensure(root, is_dev):
    # type: (str, bool) -> None
    """Will make, repair or bring up to date `root`/.venv; does nothing where it is right already.

    Holds `root`/var/bootstrap.lock meanwhile. Raises Refusal.
    """
    venv = os.path.join(root, ".venv")
    python = os.path.join(venv, "bin", "python")
    stamp = os.path.join(venv, "rupaya-stamp")
    files = requirement_files(root, is_dev)
    wanted = stamps(root, files)
    with locked(root):
        have = read_stamp(stamp, python)
        if all(line in have for line in wanted):
            return
        # Without a stamp it was cut short; with another place or Python in it, its scripts point elsewhere.
        place = wanted[0].split(" ", 2)[2]
        if not any(line.split(" ", 2)[2] == place for line in have):
            have = []
            make_venv(venv)
        print(
            "Installing what %s pins (the first time takes a minute) ..." % " and ".join(files),
            file=sys.stderr,
        )
        sys.stderr.flush()
        if os.path.exists(stamp):
            os.remove(stamp)
        install(root, python, files)
        kept = [line for line in have if line.split(" ", 1)[0] not in files]
        write_stamp(stamp, wanted + [line for line in kept if is_current(root, line)])


def locked(root):
    # type: (str) -> io.TextIOWrapper
    """Will hold the lock, as a context manager; waits for another installation of the same copy."""
    import fcntl  # noqa: PLC0415 - not on Windows, where the sentence in main comes first

    if not os.path.isdir(os.path.join(root, "var")):
        os.mkdir(os.path.join(root, "var"))
    file = io.open(os.path.join(root, "var", "bootstrap.lock"), "w")  # noqa: SIM115 - closing it gives the lock back
    ends = time.time() + LOCK_WAIT_S
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except (IOError, OSError):  # two classes before Python 3
            if time.time() > ends:
                file.close()
                raise Refusal("Another installation of this copy does not end; see who holds %s." % file.name)
            time.sleep(0.2)
        else:
            return file


def read_stamp(stamp, python):
    # type: (str, str) -> list[str]
    """The lines of the stamp, or none where there is no stamp or its Python does not run."""
    if not os.path.isfile(stamp) or not runs(python):
        return []
    with open(stamp, "rb") as file:
        return file.read().decode("utf-8", "surrogateescape").splitlines()


def write_stamp(stamp, lines):
    # type: (str, list[str]) -> None
    """Will write the stamp last and at once: it says that everything before it was done."""
    with open(stamp + ".new", "wb") as file:
        file.write("\n".join(lines).encode("utf-8", "surrogateescape"))
    os.rename(stamp + ".new", stamp)


def is_current(root, line):
    # type: (str, str) -> bool
    """Does the stamp's line speak of its file as it is now?"""
    name = line.split(" ", 1)[0]
    return os.path.isfile(os.path.join(root, name)) and line in stamps(root, [name])


def make_venv(venv):
    # type: (str) -> None
    """Will make the environment anew. Raises Refusal."""
    try:
        import ensurepip  # noqa: F401, PLC0415
        import venv as module  # noqa: F401, PLC0415
    except ImportError:
        version = "%d.%d" % sys.version_info[:2]
        raise Refusal(
            "This Python cannot make virtual environments; on Debian or Ubuntu: apt install python3-venv "
            "(or python%s-venv), then try again." % version
        )
    if os.path.islink(venv):
        raise Refusal("%s is a link; remove it, the project makes its own environment there." % venv)
    # The environment that is about to be cleared may itself be what runs this.
    python = getattr(sys, "_base_executable", sys.executable)
    run([python, "-m", "venv", "--clear", venv], "Python could not make .venv")


def install(root, python, files):
    # type: (str, str, list[str]) -> None
    """Will install exactly what the files pin, checked by hash. Raises Refusal."""
    # Always by `python -m pip`: the pip script's first line breaks where the path has spaces or is long.
    command = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input"]
    command.append("--require-hashes")
    for name in files:
        command += ["-r", os.path.join(root, name)]
    run(command, "pip could not install the requirements (its message is above)")


def run(command, what):
    # type: (list[str], str) -> None
    """Will run a command quietly unless it fails. Raises Refusal."""
    env = dict(os.environ)
    env.pop("PYTHONHOME", None)
    env.pop("PYTHONPATH", None)
    code = subprocess.call(command, env=env)
    if code != 0:
        raise Refusal("%s; exit code %d." % (what, code))


def main(arguments):
    # type: (list[str]) -> int
    """Will do it all and say at most two lines; 0 done, 1 refused, 2 usage."""
    if [word for word in arguments if word != "--dev"]:
        print("usage: python3 rupaya/bootstrap.py [--dev]", file=sys.stderr)
        return 2
    if not fits(sys.version_info[0], sys.version_info[1]):
        other = other_python(os.environ.get("PATH", ""))
        if other:
            os.execv(other, [other, os.path.abspath(__file__)] + arguments)  # noqa: S606, RUF005
        print(
            "RUPAYA needs Python 3.11, 3.12 or 3.13; this is %s (%s). Install one, or name it: make run PYTHON=..."
            % (".".join(str(part) for part in sys.version_info[:3]), sys.executable),
            file=sys.stderr,
        )
        return 1
    if os.name != "posix":
        print("RUPAYA runs on Linux and macOS; on Windows use WSL.", file=sys.stderr)
        return 1
    try:
        environment_ensure(ROOT, "--dev" in arguments)
    except Refusal as refusal:
        print(refusal, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
