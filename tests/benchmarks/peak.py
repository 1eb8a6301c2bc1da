"""Runs a program and writes its peak of memory to a file: `python -m tests.benchmarks.peak FILE PROGRAM …`.

The kernel's VmHWM counts this program alone. wait4's ru_maxrss would not do: it also counts the parent that forked it.
"""

from __future__ import annotations

import re
import runpy
import sys
from pathlib import Path


def main() -> None:
    """Will run `-m MODULE …` or `SCRIPT …`; the file then holds kilobytes. Linux only (proc(5))."""
    target, program, *rest = sys.argv[1:]
    try:
        if program == "-m":
            sys.argv = rest
            runpy.run_module(rest[0], run_name="__main__", alter_sys=True)
        else:
            sys.argv = [program, *rest]
            sys.path.insert(0, "")
            runpy.run_path(program, run_name="__main__")
    finally:
        found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
        Path(target).write_text(found[1] if found else "0")


if __name__ == "__main__":
    main()
