"""`manage.py changepassword EMAIL`: not Django's own, which tells the log nothing and leaves sessions open."""

from __future__ import annotations

from getpass import getpass
from typing import Any, Final

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.selectors import person_by_email
from accounts.services import WeakPassword, password_change
from rupaya.core import clock
from rupaya.core.db import Actor, acting_as

_TRIES: Final = 3


class Command(BaseCommand):
    """Asks for the new password twice; it is on no command line."""

    help = "Give a person another password and end all their sessions; the audit log tells them."

    def add_arguments(self, parser: CommandParser) -> None:
        """Will offer the address."""
        parser.add_argument("email", help="the person's e-mail address, in any case of letters")

    def handle(self, *args: Any, **options: Any) -> None:
        """Exit 0: changed. 1: refused, and nothing changed."""
        person = person_by_email(email=options["email"])
        if person is None:
            raise CommandError(f"Nobody has the address {options['email']}.")
        for _ in range(_TRIES):
            password = getpass(f"New password of {person.email}: ")
            if getpass("The same again: ") != password:
                self.stderr.write("These are two different passwords.")
                continue
            try:
                with acting_as(Actor(user_id=person.pk, kind="command", user_agent="cli:changepassword")):
                    ended = password_change(user_id=person.pk, password=password, now=clock.now())
            except WeakPassword as error:
                self.stderr.write(error.message)
                continue
            self.stdout.write(
                f"The password is changed; sessions ended: {ended} of the API, and all on the web."
            )
            return
        raise CommandError("The password is as it was.")
