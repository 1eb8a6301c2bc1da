"""`python -m tests.lighthouse`: Google's audit of the dashboard, signed in, on a slow phone, against budgets.json.

Needs Node 20 and a Chrome. Bytes and milliseconds are Lighthouse's own: a simulated slow network and a quarter of the
processor. Reports are left in var/lighthouse. Exit 1 where a budget is not kept.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from tests.security.site import ports_free, running
from tests.support.engines import ROOT, engines_start

TOOL: Final = "@lhci/cli@0.15.1"
OPEN: Final = ["/login", "/signup"]
SIGNED_IN: Final = ["/", "/transactions", "/transactions/new", "/accounts", "/statements"]
RUNS: Final = 3  # the best counts: what else the machine does only slows it
HOME: Final = ROOT / "var/lighthouse"
CHROMES: Final = ("chromium", "chromium-browser", "google-chrome")


def main() -> int:
    """Will serve the demo household and audit its pages."""
    chrome = next(filter(None, map(shutil.which, CHROMES)), None)
    if not (chrome and shutil.which("npx")):
        sys.stderr.write("Not run: Lighthouse needs Node's npx and a Chrome on the PATH.\n")
        return 1
    with ExitStack() as stack:
        from rupaya import embedded  # where the engines are is to be known before

        engines_start()
        stack.callback(shutil.rmtree, os.environ["RUPAYA_TEST_HOME"], ignore_errors=True)
        stack.callback(embedded.engines_release)
        [port] = ports_free(1)
        home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="rupaya-lighthouse-")))
        environment = os.environ | {
            "APP_ENV": "development", "PORT": str(port), "STATIC_ROOT": str(home), "LOG_LEVEL": "warning",
            "WEB_CONCURRENCY": "1",
        }  # fmt: skip
        environment.pop("DATABASE_OWNER_URL", None)
        collect = [sys.executable, "manage.py", "collectstatic", "--noinput", "--verbosity", "0"]
        subprocess.run(collect, cwd=ROOT, env=environment, check=True)
        session = demo_session()
        serve = [
            sys.executable,
            "-m",
            "gunicorn",
            "-c",
            "deploy/gunicorn.conf.py",
            "--bind",
            f"127.0.0.1:{port}",
        ]
        stack.enter_context(running([*serve, "rupaya.wsgi"], port=port, environment=environment))
        return audit(f"http://127.0.0.1:{port}", session=session, chrome=chrome)


def demo_session() -> str:
    """The session cookie of somebody with a household of two years."""
    import django  # after the engines

    django.setup()
    from django.contrib.auth import get_user_model
    from django.core.management import call_command
    from django.test import Client

    from rupaya.management.commands.demo import EMAIL

    call_command("demo")
    client = Client()
    client.force_login(get_user_model().objects.get(email=EMAIL))
    return str(client.cookies["sessionid"].value)


def audit(address: str, *, session: str, chrome: str) -> int:
    """Will run it for the pages anybody sees, and then for those behind the sign-in; the worse exit code of both."""
    shutil.rmtree(HOME, ignore_errors=True)
    codes = []
    for name, pages, headers in (
        ("open", OPEN, {}),
        ("signed-in", SIGNED_IN, {"Cookie": f"sessionid={session}"}),
    ):
        folder = HOME / name
        folder.mkdir(parents=True)
        config = folder / "lighthouserc.json"
        settings = {
            "chromeFlags": "--headless=new --no-sandbox --disable-gpu --disable-background-networking",
            "extraHeaders": json.dumps(headers),
            "onlyCategories": ["performance", "accessibility", "best-practices"],
        }
        config.write_text(json.dumps({"ci": {
            "collect": {"url": [f"{address}{page}" for page in pages], "numberOfRuns": RUNS, "settings": settings},
            "assert": {"assertions": json.loads(Path(__file__).with_name("budgets.json").read_text())},
            "upload": {"target": "filesystem", "outputDir": str(folder)},
        }}))  # fmt: skip
        command = ["npx", "--yes", TOOL, "autorun", f"--config={config}"]
        ran = subprocess.run(command, cwd=folder, env=os.environ | {"CHROME_PATH": chrome}, check=False)
        codes.append(1 if ran.returncode or is_turned_away(folder) else 0)
    return max(codes)


def is_turned_away(folder: Path) -> bool:
    """Was another page audited than the one that was asked for, such as the sign-in? Says which."""
    elsewhere = set()
    for run in json.loads((folder / "manifest.json").read_text()):
        landed = json.loads(Path(run["jsonPath"]).read_text())["finalDisplayedUrl"]
        if landed != run["url"]:
            elsewhere.add(f"{run['url']} leads to {landed}\n")
    sys.stderr.writelines(sorted(elsewhere))
    return bool(elsewhere)


if __name__ == "__main__":
    sys.exit(main())
