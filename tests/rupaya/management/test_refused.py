import subprocess
import sys

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command


class TestFlagsOtherwise:
    @pytest.mark.parametrize("command", ["waffle_flag", "waffle_delete"])
    def test_leads_to_our_own_command(self, command):
        with pytest.raises(CommandError, match=r"manage\.py flag"):
            call_command(command)

    def test_says_so_whatever_options_it_is_given(self):
        done = subprocess.run(
            [sys.executable, "manage.py", "waffle_flag", "export_transactions", "--everyone", "--create"],
            cwd=settings.BASE_DIR,
            capture_output=True,
            text=True,
            check=False,
        )

        assert done.returncode == 1
        assert "manage.py flag" in done.stderr
