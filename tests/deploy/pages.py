"""The commands of a page of documentation, and what is said beside each."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
_BLOCK = re.compile(r"^```(?P<language>\w*)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)
_SAID = re.compile(r"\s+#\s(?P<said>.*)$")
_EXIT = re.compile(r"exit (\d+)\b")
NOT_RUN = "not run:"


@dataclass(frozen=True)
class Command:
    """One command: its words as a shell reads them, and the comment at its end."""

    page: str
    section: str
    text: str
    said: str

    @property
    def why_not(self) -> str:
        """Why it is not run; '' where it is."""
        return self.said.removeprefix(NOT_RUN).strip() if self.said.startswith(NOT_RUN) else ""

    @property
    def is_run(self) -> bool:
        return not self.said.startswith(NOT_RUN)

    @property
    def exit_code(self) -> int:
        """What it ends with when it works."""
        found = _EXIT.match(self.said)
        return int(found[1]) if found else 0


def commands_of(path: Path) -> list[Command]:
    """Every line of the page's sh blocks that is a command, in order; a backslash joins lines."""
    text = path.read_text()
    return [
        _command(path.name, _section(text, block.start()), line)
        for block in _BLOCK.finditer(text)
        if block["language"] == "sh"
        for line in block["body"].replace("\\\n", " ").splitlines()
        if line.strip() and not line.lstrip().startswith("#")
    ]


def blocks_of_other_languages(path: Path) -> set[str]:
    """Fenced blocks that nobody would look into: their languages."""
    return {block["language"] for block in _BLOCK.finditer(path.read_text())} - {"sh"}


def _section(text: str, position: int) -> str:
    headings = re.findall(r"^## (.*)$", text[:position], re.MULTILINE)
    return headings[-1] if headings else ""


def _command(page: str, section: str, line: str) -> Command:
    found = _SAID.search(line)
    said = found["said"].strip() if found else ""
    return Command(page, section, line[: found.start()].strip() if found else line.strip(), said)
