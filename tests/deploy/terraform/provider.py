"""A stand-in for the AWS provider: it knows every type's schema, and speaks to nobody.

Terraform starts it as it starts the real one, so that `terraform validate` and `terraform plan` check the whole code
(types, references between modules, conditions on variables) on a machine that reaches neither AWS nor HashiCorp's
registry. What AWS would tell after making a thing is made up here, always alike: a plan without unknowns, in which a
test can see which thing another one names.
"""

from __future__ import annotations

import base64
import datetime
import hashlib
import json
import os
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

import grpc
import msgpack
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.deploy.terraform.schema_make import SCHEMA
from tests.deploy.terraform.wire import fields, message

ACCOUNT: Final = "123456789012"
REGION: Final = "ap-south-1"
_COOKIE: Final = (
    "TF_PLUGIN_MAGIC_COOKIE",
    "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2",
)
_NESTING: Final = {"single": 1, "list": 2, "set": 3}
# Told where the code does not give them. By the attribute, or by the type and the attribute.
_TOLD: Final = {
    "account_id": ACCOUNT,
    "partition": "aws",
    "region": REGION,
    "random_password": "made-in-memory",
    "secret_string": '{"token": "read-back"}',
}  # fmt: skip
_NAMES: Final = (
    "name",
    "bucket",
    "family",
    "identifier",
    "replication_group_id",
    "domain_name",
    "name_prefix",
)
_PROVIDER_SCHEMA: Final = {
    "attributes": {
        "region": {"type": "string"},
        "allowed_account_ids": {"type": ["set", "string"]},
    },
    "blocks": {
        "default_tags": {
            "nesting": "list", "least": 0, "most": 1,
            "block": {"attributes": {"tags": {"type": ["map", "string"]}}, "blocks": {}},
        }
    },
}  # fmt: skip
_KNOWN: Final[dict[str, Any]] = json.loads(SCHEMA.read_text())


# ── Schemas ──────────────────────────────────────────────────────────────────────────────────────
def schema_message(block: dict[str, Any]) -> bytes:
    """A type's schema as the protocol writes it."""
    return message((2, _block_message(block)))


def _block_message(block: dict[str, Any]) -> bytes:
    parts: list[tuple[int, bytes]] = []
    for name, attribute in block["attributes"].items():
        is_required = attribute.get("required", False)
        parts.append(
            (2, message(
                (1, name), (2, json.dumps(attribute["type"])), (4, is_required), (5, not is_required),
                (6, attribute.get("computed", False)), (10, name.endswith("_wo")),
            ))
        )  # fmt: skip
    for name, nested in block["blocks"].items():
        limits = () if nested["nesting"] == "single" else ((4, nested["least"]), (5, nested["most"]))
        parts.append(
            (3, message((1, name), (2, _block_message(nested["block"])), (3, _NESTING[nested["nesting"]]), *limits))
        )  # fmt: skip
    return message(*parts) or b"\x08\x00"  # an empty block is a block


def schemas(_request: bytes) -> bytes:
    """All that the stand-in knows."""
    answers: list[tuple[int, bytes]] = [(1, schema_message(_PROVIDER_SCHEMA))]
    for number, kind in ((2, "resource"), (3, "data"), (8, "ephemeral")):
        answers += [
            (number, message((1, name), (2, schema_message(block)))) for name, block in _KNOWN[kind].items()
        ]
    return message(*answers)


# ── Values ───────────────────────────────────────────────────────────────────────────────────────
def _read(dynamic: bytes) -> Any:
    return msgpack.unpackb(fields(dynamic).get(1, b"\xc0"), strict_map_key=False)


def _write(value: Any) -> bytes:
    return message((1, msgpack.packb(value)))


def made(type_name: str, block: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
    """What AWS would say a thing is: as given, with made-up values where nothing was."""
    label = next((given[name] for name in _NAMES if isinstance(given.get(name), str)), None)
    if label is None:
        label = hashlib.sha256(msgpack.packb(given)).hexdigest()[:12]
    whole = dict(given)
    for name, attribute in block["attributes"].items():
        if name.endswith("_wo"):
            whole[name] = None
        elif attribute.get("computed") and whole.get(name) is None:
            whole[name] = _told(type_name, name, attribute["type"], label)
    return whole


def _told(type_name: str, name: str, kind: Any, label: str) -> Any:
    if name in _TOLD:
        return _TOLD[name]
    if name == "id":
        return label
    if kind == "string":
        return (
            f"arn:aws:{type_name}:{REGION}:{ACCOUNT}:{label}"
            if name.endswith("arn")
            else f"{type_name}.{name}.{label}"
        )
    if kind in ("number", "bool"):
        return 1 if kind == "number" else False
    if kind == "dynamic":
        return None
    shape, inner = kind
    if shape == "map":
        return {}
    if isinstance(inner, list) and inner[0] == "object":
        return [{key: _told(type_name, key, part, label) for key, part in inner[1].items()}]
    return []


# ── Answers ──────────────────────────────────────────────────────────────────────────────────────
def provider_prepare(request: bytes) -> bytes:
    """The provider's own settings, as they are."""
    return message((1, fields(request)[1]))


def plan(request: bytes) -> bytes:
    """What would be made; a removal is taken as it is."""
    asked = fields(request)
    name = asked[1].decode()
    proposed = _read(asked[3])
    planned = None if proposed is None else made(name, _KNOWN["resource"][name], proposed)
    return message((1, _write(planned)), (5, True))


def data_read(request: bytes) -> bytes:
    """What a data source says."""
    asked = fields(request)
    name = asked[1].decode()
    return message((1, _write(made(name, _KNOWN["data"][name], _read(asked[2])))))


def ephemeral_open(request: bytes) -> bytes:
    """A value that is never written down."""
    asked = fields(request)
    name = asked[1].decode()
    return message((3, _write(made(name, _KNOWN["ephemeral"][name], _read(asked[2])))))


def _agreed(_request: bytes) -> bytes:
    return b""


_METHODS: Final[dict[str, Callable[[bytes], bytes]]] = {
    "GetSchema": schemas,
    "PrepareProviderConfig": provider_prepare,
    "PlanResourceChange": plan,
    "ReadDataSource": data_read,
    "OpenEphemeralResource": ephemeral_open,
} | dict.fromkeys(
    ("ValidateResourceTypeConfig", "ValidateDataSourceConfig", "ValidateEphemeralResourceConfig", "Configure",
     "CloseEphemeralResource", "Stop"),
    _agreed,
)  # fmt: skip


# ── The conversation ─────────────────────────────────────────────────────────────────────────────
def certificate() -> tuple[bytes, bytes, bytes]:
    """Key and certificate of this conversation (PEM), and the certificate again (DER), for `localhost`."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    today = datetime.datetime.now(datetime.UTC)  # noqa: TID251  # a certificate's own dates
    made_out = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(today - datetime.timedelta(days=1))
        .not_valid_after(today + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    plain = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    pem, der = serialization.Encoding.PEM, serialization.Encoding.DER
    return plain, made_out.public_bytes(pem), made_out.public_bytes(der)


def serve() -> int:
    """Will speak with the Terraform that started it until it has heard enough."""
    if os.environ.get(_COOKIE[0]) != _COOKIE[1]:
        print("Terraform starts this; people do not.", file=sys.stderr)
        return 2
    over = threading.Event()

    def shutdown(_request: bytes, _context: grpc.ServicerContext) -> bytes:
        over.set()
        return b""

    server = grpc.server(ThreadPoolExecutor(max_workers=4))
    server.add_generic_rpc_handlers([
        grpc.method_handlers_generic_handler(
            "tfplugin5.Provider",
            {
                name: grpc.unary_unary_rpc_method_handler(lambda request, _, answer=answer: answer(request))
                for name, answer in _METHODS.items()
            },
        ),
        grpc.method_handlers_generic_handler(
            "plugin.GRPCController", {"Shutdown": grpc.unary_unary_rpc_method_handler(shutdown)}
        ),
    ])  # fmt: skip
    key, pem, der = certificate()
    port = server.add_secure_port("127.0.0.1:0", grpc.ssl_server_credentials([(key, pem)]))
    server.start()
    print(f"1|5|tcp|127.0.0.1:{port}|grpc|{base64.b64encode(der).decode().rstrip('=')}", flush=True)
    over.wait(timeout=120)
    server.stop(grace=1).wait()
    return 0


if __name__ == "__main__":
    sys.exit(serve())
