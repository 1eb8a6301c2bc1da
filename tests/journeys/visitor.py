"""Somebody with a browser: what they do most, and what goes wrong around them."""

from __future__ import annotations

import itertools
import re
import secrets
from pathlib import Path

from playwright.sync_api import Browser, ConsoleMessage, FilePayload, Page, Request, Response

FIXTURES = Path(__file__).parent.parent / "ledger/statements/fixtures"
PASSWORD = "mango lassi at noon"
DESKTOP = {"width": 1280, "height": 900}
PHONE = {"width": 390, "height": 844}
_WATCH = """
document.addEventListener("securitypolicyviolation", (event) =>
  console.error(`policy: ${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`));
"""
_addresses = itertools.count(1)


def client_address() -> str:
    """A client address that no other visitor of this run has."""
    number = next(_addresses)
    return f"198.51.{100 + number // 250}.{number % 250 + 1}"


class Visitor:
    """A window of the browser, with an ear for errors.

    `troubles` collects console errors, breaches of the content policy, and requests that failed; answers in
    `expected` (statuses that a journey provokes on purpose) are not among them.
    """

    def __init__(
        self, address: str, browser: Browser, *, viewport=DESKTOP, scheme="light", script=True
    ) -> None:
        self.address = address
        self.email = f"asha-{secrets.token_hex(6)}@example.in"
        self.troubles: list[str] = []
        self.expected: set[int] = set()
        self.context = browser.new_context(
            viewport=viewport,
            color_scheme=scheme,
            java_script_enabled=script,
            extra_http_headers={"X-Forwarded-For": client_address()},
        )
        self.context.set_default_timeout(10_000)
        self.context.add_init_script(_WATCH)
        self.page = self.tab()

    def tab(self) -> Page:
        """Another tab of the same browser."""
        page = self.context.new_page()
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.troubles.append(f"script: {error}"))
        page.on("requestfailed", self._failed)
        page.on("response", self._response)
        return page

    def _console(self, message: ConsoleMessage) -> None:
        is_status = "Failed to load resource" in message.text  # told by the response itself
        if message.type in {"error", "warning"} and not is_status:
            self.troubles.append(f"console: {message.text}")

    def _failed(self, request: Request) -> None:
        if request.failure != "net::ERR_ABORTED":  # what the person left before it was loaded
            self.troubles.append(f"failed: {request.url} {request.failure}")

    def _response(self, response: Response) -> None:
        if response.status >= 400 and response.status not in self.expected:
            self.troubles.append(f"status: {response.status} {response.request.method} {response.url}")

    def leave(self) -> None:
        self.context.close()

    # ── what people do ──────────────────────────────────────────────────────────────────────────────

    def go(self, path: str) -> None:
        self.page.goto(f"{self.address}{path}")

    def press(self, name: str | re.Pattern[str]) -> None:
        """Will press a button that leads to another page, and wait for it."""
        with self.page.expect_navigation():
            self.page.get_by_role("button", name=name).click()

    def sign_up(self, name: str = "Asha Rao") -> None:
        self.go("/signup")
        self.page.get_by_label("Full name").fill(name)
        self.page.get_by_label("E-mail address").fill(self.email)
        self.page.get_by_label("Password").fill(PASSWORD)
        self.press("Create account")
        self.page.wait_for_url(f"{self.address}/")

    def sign_in(self, password: str = PASSWORD) -> None:
        self.page.get_by_label("E-mail address").fill(self.email)
        self.page.get_by_label("Password").fill(password)
        self.press("Sign in")

    def add(self, kind: str, amount: str, description: str, *, on: str = "", **choices: str) -> None:
        """Will add a transaction, today or `on` (2026-04-03); `choices` are the labels of selects, `category=…`."""
        self.go("/transactions/new")
        self.page.get_by_text(kind, exact=True).click()
        self.page.locator("#id_amount").fill(amount)
        self.page.locator("#id_description").fill(description)
        if on:
            self.page.locator("#id_date").fill(on)
        for field, label in choices.items():
            self.page.locator(f"#id_{field}").select_option(label=label)
        self.page.get_by_role("button", name="Save transaction").click()

    def read_file(self, path: str | Path, *, data: bytes | None = None, account: str = "") -> None:
        """Will upload a bank's file: one of the fixtures, or `data` under the name `path`."""
        self.go("/statements")
        if account:
            self.page.get_by_label("Account").first.select_option(label=account)
        chosen = self.page.locator("#id_file")
        if data is None:
            chosen.set_input_files(FIXTURES / path)
        else:
            chosen.set_input_files(
                FilePayload(name=str(path), mimeType="application/octet-stream", buffer=data)
            )
        self.press("Read the file")

    # ── what they see ───────────────────────────────────────────────────────────────────────────────

    @property
    def text(self) -> str:
        return self.page.locator("#main").inner_text()

    @property
    def overflow_px(self) -> int:
        """How much wider the page is than the window."""
        script = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        return int(self.page.evaluate(script))
