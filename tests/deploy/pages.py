"""The fenced blocks of a page of documentation, their commands, and what is said beside each."""

from __future__ import annotations

import re
import textwrap
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
SHELL = "sh"
# Indented ones too: they stand in a list.
_BLOCK = re.compile(
    r"^(?P<indent> *)```(?P<language>[^\n`]*)\n(?P<body>.*?)^(?P=indent)```$", re.MULTILINE | re.DOTALL
)
_INLINE = re.compile(r"`([^`\n]+)`")
_SAID = re.compile(r"\s+#\s(?P<said>.*)$")
_EXIT = re.compile(r"exit (\d+)\b")
_ELSEWHERE = {".venv", "var", "node_modules"}
NOT_RUN = "not run:"


@dataclass(frozen=True)
class Block:
    """A fenced block: where it stands, its language ('' where it names none) and its lines, not indented."""

    page: str
    section: str
    language: str
    body: str


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


def pages_all() -> list[Path]:
    """Every page of documentation."""
    return sorted(
        path for path in ROOT.rglob("*.md") if not _ELSEWHERE & set(path.relative_to(ROOT).parts[:-1])
    )


def blocks_of(path: Path) -> list[Block]:
    """The page's fenced blocks, in order. Raises ValueError where a fence has no other half."""
    text = path.read_text()
    found = list(_BLOCK.finditer(text))
    if len(re.findall(r"^ *```", text, re.MULTILINE)) != 2 * len(found):
        raise ValueError(f"{path} has a fence that is not closed as it was opened.")
    page = str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else path.name
    return [
        Block(page, _section(text, one.start()), one["language"], textwrap.dedent(one["body"]))
        for one in found
    ]


def commands_of(path: Path) -> list[Command]:
    """Every line of the page's sh blocks that is a command, in order; a backslash joins lines."""
    return [
        _command(block, line)
        for block in blocks_of(path)
        if block.language == SHELL
        for line in block.body.replace("\\\n", " ").splitlines()
        if line.strip() and not line.lstrip().startswith("#")
    ]


def inline_of(path: Path) -> list[str]:
    """What stands between backticks in the page's sentences and tables."""
    return [one.replace("\\|", "|") for one in _INLINE.findall(_BLOCK.sub("", path.read_text()))]


def blocks_of_other_languages(path: Path) -> set[str]:
    """Fenced blocks that nobody would look into: their languages."""
    return {block.language for block in blocks_of(path)} - {SHELL}


def _section(text: str, position: int) -> str:
    headings = re.findall(r"^## (.*)$", text[:position], re.MULTILINE)
    return headings[-1] if headings else ""


def _command(block: Block, line: str) -> Command:
    found = _SAID.search(line)
    said = found["said"].strip() if found else ""
    text = line[: found.start()].strip() if found else line.strip()
    return Command(block.page, block.section, re.sub(r"  +", " ", text), said)
