"""wapiti and sqlmap against the running product, signed in: neither finds anything, and nothing answers 5xx.

`python -m tests.security.scan wapiti|sqlmap` prints what was found; exit 1 where that is anything. Each first scans a
page with planted faults: a scanner that finds none there has proved nothing.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Final, NamedTuple

import httpx

from tests.security import site
from tests.support.engines import ROOT

TOOLS: Final = ROOT / "var/security-scanners/bin"  # __main__ fills it
NEEDED: Final = site.NEEDED
PASSWORD: Final = "Zb7-scan-only-wheat-lantern"
EMAIL: Final = "asha@example.in"
# What the scanners are to see is the product, not its limits; those have tests of their own.
WIDE: Final = {
    "RATE_LIMIT_API": "1000000/h",
    "RATE_LIMIT_TRANSACTIONS": "1000000/h",
    "RATE_LIMIT_LOGIN": "1000000/h",
    "RATE_LIMIT_LOGIN_ADDRESS": "1000000/h",
}
MODULES: Final = (
    "cookieflags,crlf,csp,csrf,exec,file,http_headers,https_redirect,methods,permanentxss,redirect,sql,ssrf,timesql,"
    "upload,xss,xxe"
)
SCAN_MAX_S: Final = 120
ANSWER_S: Final = 60  # to us who prepare; on a busy machine a first answer takes more than httpx's five
# Where people type text that ends in a statement; the schema as a whole is walked beside these.
TYPED: Final = (
    "/v1/transactions?limit=5&q=tea&payee=Stall&tag=food&since=2026-04-01&until=2026-09-30",
    "/v1/reports/balances?as_of=2026-11-01",
    "/v1/sync?cursor=",
)


_AS_JSON: Final = ("--header", "Content-Type: application/json")


class Person(NamedTuple):
    """Somebody with transactions, signed in on both doors."""

    token: str
    cookies: str
    book_id: str
    transaction_id: str


def wapiti_find(url: str, home: Path, *, cookies: str = "", modules: str = MODULES) -> list[str]:
    """Will crawl and attack the pages; a line for each finding."""
    report = home / "wapiti.json"
    signed_in = ["--header", f"Cookie: {cookies}"] if cookies else []
    run(
        ["wapiti", "--url", f"{url}/", "--scope", "folder", "--module", modules, "--exclude", f"{url}/logout",
         "--verify-ssl", "0", "--no-bugreport", "--flush-session", "--store-session", str(home), "--verbose", "0",
         "--max-scan-time", str(SCAN_MAX_S), "--max-attack-time", "20",
         "--format", "json", "--output", str(report), *signed_in]
    )  # fmt: skip
    found = json.loads(report.read_text())
    print(f"  wapiti read {found['infos']['crawled_pages_nbr']} pages of {url}")
    if cookies and found["infos"]["crawled_pages_nbr"] < 5:  # the front door alone is no crawl
        return ["wapiti did not get beyond the door"]
    return [
        f"{name}: {one['method']} {one['path']} {one['info']}"
        for kind in ("vulnerabilities", "anomalies")
        for name, all_of_it in found[kind].items()
        for one in all_of_it
    ]


def sqlmap_find(targets: Iterable[list[str]], home: Path, *, token: str = "") -> list[str]:
    """Will try to inject through each target's options; a line for each parameter that gave way."""
    found: list[str] = []
    signed_in = ["--headers", f"Authorization: Bearer {token}"] if token else []
    for target in targets:
        output = run(
            ["sqlmap", *target, *signed_in, "--batch", "--flush-session", "--disable-coloring", "--threads", "2",
             "--ignore-code", "401,403,404",
             "--dbms", "postgresql" if token else "sqlite", "--output-dir", str(home / "sqlmap")]
        )  # fmt: skip
        found += [
            line for line in output.splitlines() if re.match(r"Parameter: ", line) or "is vulnerable" in line
        ]
        if not re.search(r"do not appear to be injectable|identified the following injection|smart", output):
            found.append(f"sqlmap tried nothing at {target[1]}: {output[-300:]}")
    return found


def sqlmap_targets(url: str, home: Path, person: Person) -> list[list[str]]:
    """What sqlmap is given: where people type, in depth, and every operation of the schema by its heuristics."""
    own = home / "openapi.json"
    own.write_text(json.dumps(schema_for(url, person)))
    typed = [["--url", f"{url}{path}", "--level", "2"] for path in TYPED]
    body = (
        '{"type": "expense", "amount": 500, "description": "Tea*", "payee": "Stall*", "external_id": "one*"}'
    )
    written = ["--url", f"{url}/v1/transactions", "--data", body, "--method", "POST"]
    signing_in = ["--url", f"{url}/v1/auth/login", "--data", '{"email": "a@example.in*", "password": "one*"}']
    return [
        *typed,
        [*written, *_AS_JSON],
        [*signing_in, *_AS_JSON],
        ["--openapi", str(own), "--smart", "--ignore-code", "403,404"],
    ]


def schema_for(url: str, person: Person) -> dict[str, Any]:
    """Our schema with this server and ids that exist; without what would sign the person out."""
    schema: dict[str, Any] = json.loads((ROOT / "docs/openapi.json").read_text())
    schema["servers"] = [{"url": f"{url}/v1"}]
    schema["paths"] = {path: said for path, said in schema["paths"].items() if not path.startswith("/auth/")}
    for path, operations in schema["paths"].items():
        for parameter in (one for said in operations.values() for one in said.get("parameters", [])):
            if parameter["schema"].get("format") == "uuid":
                of_a_book = parameter["name"] == "book_id" or path.startswith("/books")
                own = person.book_id if of_a_book else person.transaction_id
                parameter["example"] = parameter["schema"]["example"] = own
    return schema


def run(command: list[str]) -> str:
    """Will run a scanner and give what it printed."""
    done = subprocess.run(
        [str(TOOLS / command[0]), *command[1:]], capture_output=True, text=True, check=False, timeout=1800
    )
    return done.stdout + done.stderr


def sign_up(served: site.Site) -> Person:
    """Somebody new, with something in every list."""
    with httpx.Client(
        base_url=served.url,
        verify=str(served.home / "ca.pem"),
        headers={"Referer": served.url},
        timeout=ANSWER_S,
    ) as web:
        signed_up = web.post(
            "/v1/auth/signup", json={"email": EMAIL, "password": PASSWORD, "full_name": "Asha Rao"}
        ).raise_for_status()
        token = str(signed_up.json()["access_token"])
        for description in ("Tea", "Rice", "Bus"):
            made = web.post(
                "/v1/transactions",
                json={"type": "expense", "amount": 500, "description": description},
                headers={"Authorization": f"Bearer {token}"},
            ).raise_for_status()
        form = web.get("/login").raise_for_status().text
        secret = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', form)
        assert secret, "the sign-in has no form"
        web.post("/login", data={"csrfmiddlewaretoken": secret[1], "email": EMAIL, "password": PASSWORD})
        cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in web.cookies.jar)
        assert "session" in cookies, f"the sign-in gave {list(web.cookies)}"
    return Person(
        token=token, cookies=cookies, book_id=made.json()["book_id"], transaction_id=made.json()["id"]
    )


def answered(log: Path) -> list[dict[str, Any]]:
    """What the product says of each request; each line of its log is one JSON object."""
    return [json.loads(line) for line in log.read_text().splitlines() if '"status"' in line]


def canary_found(home: Path, find: Callable[[str, Path], list[str]]) -> bool:
    """Does the scanner find what was planted?"""
    (port,) = site.ports_free(1)
    with site.running([sys.executable, "-m", "tests.security.canary", str(port)], port=port):
        return bool(find(f"http://127.0.0.1:{port}", home))


def main(scanner: str) -> int:
    """Will print what was found; 0 where it is nothing, and the planted faults were found."""
    with site.site("localhost", **WIDE) as served:
        person = sign_up(served)
        if scanner == "wapiti":
            planted = canary_found(served.home, lambda url, home: wapiti_find(url, home, modules="sql,xss"))
            found = wapiti_find(served.url, served.home, cookies=person.cookies)
        else:
            planted = canary_found(
                served.home, lambda url, home: sqlmap_find([["--url", f"{url}/?name=asha"]], home)
            )
            found = sqlmap_find(
                sqlmap_targets(served.url, served.home, person), served.home, token=person.token
            )
        requests = answered(served.log)
    counted = Counter(int(request["status"]) for request in requests)
    # Whoever lost the sign-in on the way saw doors alone. Trying to sign in is refused as it should be.
    unseen = sum(one["status"] == 401 and not one["path"].startswith("/v1/auth/") for one in requests)
    broken = sum(count for status, count in counted.items() if status >= 500)
    print(f"  {scanner}: {counted.total()} requests, {dict(sorted(counted.items()))}")
    for line in found:
        print(f"  {line}")
    if not planted:
        print(f"  {scanner} did not find the planted faults: what it says of the product is worth nothing.")
    if broken:
        print(f"  {broken} answers were 5xx.")
    if unseen:
        print(f"  {unseen} requests were not signed in any more.")
    return 0 if planted and not found and not broken and not unseen else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
