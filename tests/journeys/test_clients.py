"""Clients that others generate from docs/openapi.json, in Python and in TypeScript, on a journey."""

from __future__ import annotations

import importlib
import json
import os
import secrets
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from ledger.attachments.rules import ENDINGS
from ledger.exports.rules import CONTENT_TYPES
from tests.support.engines import ROOT

DOCUMENT = ROOT / "docs" / "openapi.json"
TYPESCRIPT = Path(__file__).parent / "clients"
PASSWORD = "monsoon-mango-42"
pytestmark = pytest.mark.slow


def email_new() -> str:
    return f"asha-{secrets.token_hex(6)}@example.in"


@pytest.fixture(scope="module")
def client_package(tmp_path_factory):
    """The package that openapi-python-client makes; it may not have the least to complain about."""
    folder = tmp_path_factory.mktemp("client")
    binaries, config = Path(sys.executable).parent, folder / "config.json"
    config.write_text(
        json.dumps(
            {
                "content_type_overrides": dict.fromkeys(
                    (*ENDINGS, *CONTENT_TYPES.values()), "application/octet-stream"
                )
            }
        )
    )
    command = [
        binaries / "openapi-python-client",
        "generate",
        "--path",
        DOCUMENT,
        "--meta",
        "none",
        "--config",
        config,
    ]
    done = subprocess.run(
        [*command, "--output-path", folder / "rupaya_client", "--fail-on-warning"],
        env=os.environ | {"PATH": f"{binaries}{os.pathsep}{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    sys.path.insert(0, str(folder))
    yield "rupaya_client"
    sys.path.remove(str(folder))


class TestPython:
    def test_signs_up_records_once_and_reads_back(self, live, client_package):
        def part(name):
            return importlib.import_module(f"{client_package}.{name}")

        models, client = part("models"), part("client")
        create = part("api.transactions.transaction_create")
        signup = models.SignupIn(email=email_new(), password=PASSWORD, full_name="Asha Rao")
        with client.Client(base_url=f"{live}/v1") as stranger:
            signed_in = part("api.auth.signup").sync(client=stranger, body=signup)

        body = models.TransactionIn(type_=models.TransactionInType.EXPENSE, amount="20.50", description="Tea")
        with client.AuthenticatedClient(base_url=f"{live}/v1", token=signed_in.access_token) as asha:
            first = create.sync_detailed(client=asha, body=body, idempotency_key="tea-1")
            again = create.sync_detailed(client=asha, body=body, idempotency_key="tea-1")
            listed = part("api.transactions.transactions_list").sync(client=asha, q="tea", limit=10)
            accounts = part("api.accounts.accounts_list").sync(client=asha)
            body.amount = -1
            refused = create.sync(client=asha, body=body)

        assert first.status_code == 201
        assert (again.parsed, again.headers["Idempotency-Replayed"]) == (first.parsed, "true")
        assert [(row.description, row.amount_minor) for row in listed.results] == [("Tea", 2050)]
        (cash,) = (account for account in accounts.results if account.name == "Cash")
        assert (cash.balance_minor, cash.currency) == (-2050, "INR")
        assert (cash.base_balance_minor, cash.base_currency) == (-2050, "INR")
        assert (refused.code, refused.errors[0].field) == ("invalid", "amount")


@pytest.fixture(scope="module")
def journey(tmp_path_factory):
    """The journey in TypeScript, its types checked against those of the schema, as JavaScript that Node runs."""
    npm, npx = shutil.which("npm"), shutil.which("npx")
    if not (shutil.which("node") and npm and npx):
        pytest.skip("NO NODE ON THE PATH: the TypeScript client was not tried")
    folder = tmp_path_factory.mktemp("typescript")
    shutil.copytree(TYPESCRIPT, folder, dirs_exist_ok=True)
    if subprocess.run([npm, "ci", "--silent"], cwd=folder, capture_output=True, check=False).returncode:
        pytest.skip("NPM COULD NOT FETCH ITS PACKAGES: the TypeScript client was not tried")
    for command in (["openapi-typescript", DOCUMENT, "-o", "schema.d.ts"], ["tsc", "-p", "."]):
        done = subprocess.run(
            [npx, "--no-install", *command], cwd=folder, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
    return folder / "journey.js"


class TestTypeScript:
    def test_signs_up_records_once_changes_and_reads_back(self, live, journey):
        done = subprocess.run(
            ["node", journey, f"{live}/v1", email_new()],
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout) == {
            "is_once": True,
            "amount_minor": 2500,
            "listed": ["Tea"],
            "net_minor": -2500,
            "refused": ["invalid", "amount"],
        }
