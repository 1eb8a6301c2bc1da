"""Other people's commands that would go round a way of ours."""

from typing import Any, NoReturn

from django.core.management.base import BaseCommand, CommandError, CommandParser


class FlagsOtherwise(BaseCommand):
    """Refuses, whatever it is given: our flags need an owner, a purpose and a reason, which waffle does not ask for."""

    help = "Not here: flags are changed by `manage.py flag`."

    def run_from_argv(self, argv: list[str]) -> None:
        """Will take any arguments: what is wrong is the command, not its options."""
        super().run_from_argv(argv[:2])

    def add_arguments(self, parser: CommandParser) -> None:
        """None are asked for."""

    def handle(self, *_args: Any, **_options: Any) -> NoReturn:
        """Will raise CommandError."""
        raise CommandError("Flags are changed by `manage.py flag`, which asks for the reason.")
