"""moto's server, which speaks AWS's protocols on this machine, for the tests that ask for it."""

from __future__ import annotations

import boto3
import pytest
from moto.server import ThreadedMotoServer

REGION = "ap-south-1"


@pytest.fixture(scope="session")
def aws_server():
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def aws(aws_server, monkeypatch):
    """Makes clients; commands in this process reach the same server."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("AWS_ENDPOINT_URL", aws_server)
    return lambda name: boto3.client(name, region_name=REGION)
