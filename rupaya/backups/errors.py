"""What goes wrong with backups, in one sentence for the operator."""

from typing import Final

USAGE: Final = 2


class BackupError(Exception):
    """A backup that was not made, does not hold, or can't be restored. `code` is the command's exit code."""

    def __init__(self, sentence: str, *, code: int = 1) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.code = code
