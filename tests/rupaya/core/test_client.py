"""The client's address, as far as it can be trusted."""

from __future__ import annotations

import pytest
from django.test import RequestFactory

from rupaya.core.client import client_address


def request(forwarded=None, remote="10.0.0.9"):
    headers = {} if forwarded is None else {"X-Forwarded-For": forwarded}
    return RequestFactory().get("/", headers=headers, REMOTE_ADDR=remote)


class TestClientAddress:
    @pytest.mark.parametrize(
        ("hops", "forwarded", "address"),
        [(0, None, "10.0.0.9"), (0, "1.1.1.1", "10.0.0.9"), (1, "1.1.1.1", "1.1.1.1"),
         (1, "6.6.6.6, 1.1.1.1", "1.1.1.1"),
         (2, "6.6.6.6, 1.1.1.1, 2.2.2.2", "1.1.1.1"), (1, "2001:DB8::1", "2001:db8::1"),
         (1, None, "10.0.0.9")],
    )  # fmt: skip
    def test_counts_the_configured_hops_from_the_right(self, settings, hops, forwarded, address):
        settings.TRUSTED_PROXY_HOPS = hops

        assert client_address(request(forwarded)) == address

    @pytest.mark.parametrize("forwarded", ["nonsense", "1.1.1.1:80", "fe80::1%eth0", "1.1.1.1;DROP", ", "])
    def test_is_empty_for_what_the_database_could_not_keep(self, settings, forwarded):
        settings.TRUSTED_PROXY_HOPS = 1

        assert client_address(request(forwarded)) == ""

    def test_is_empty_behind_a_unix_socket(self, settings):
        settings.TRUSTED_PROXY_HOPS = 0

        assert client_address(request(remote="")) == ""
