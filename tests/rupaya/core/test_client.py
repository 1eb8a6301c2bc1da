"""The client's address, as far as it can be trusted."""

from __future__ import annotations

import pytest
from django.test import RequestFactory

from rupaya.core.client import client_address, client_network, network_of


def request(forwarded=None, remote="10.0.0.9"):
    headers = {} if forwarded is None else {"X-Forwarded-For": forwarded}
    return RequestFactory().get("/", headers=headers, REMOTE_ADDR=remote)


class TestClientAddress:
    @pytest.mark.parametrize(
        ("hops", "forwarded", "address"),
        [(0, None, "10.0.0.9"), (0, "1.1.1.1", "10.0.0.9"), (1, "1.1.1.1", "1.1.1.1"),
         (1, "6.6.6.6, 1.1.1.1", "1.1.1.1"),
         (2, "6.6.6.6, 1.1.1.1, 2.2.2.2", "1.1.1.1"), (1, "2001:DB8::1", "2001:db8::1"),
         (1, None, "10.0.0.9"), (2, "6.6.6.6", "10.0.0.9"), (5, "6.6.6.6, 7.7.7.7", "10.0.0.9"),
         (1, "::ffff:1.1.1.1", "1.1.1.1")],
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

    def test_knows_an_ipv4_address_on_a_socket_for_both_kinds(self, settings):
        settings.TRUSTED_PROXY_HOPS = 0

        assert client_address(request(remote="::ffff:10.0.0.9")) == "10.0.0.9"


class TestClientNetwork:
    @pytest.mark.parametrize(
        ("remote", "network"),
        [("10.0.0.9", "10.0.0.9"), ("2001:db8:1:2:3::4", "2001:db8:1:2::/64"),
         ("2001:db8:1:2:ffff:ffff:ffff:ffff", "2001:db8:1:2::/64"), ("2001:db8:1:3::", "2001:db8:1:3::/64"),
         ("::ffff:10.0.0.9", "10.0.0.9"), ("", "nowhere")],
    )  # fmt: skip
    def test_is_what_one_customer_of_a_provider_has(self, settings, remote, network):
        settings.TRUSTED_PROXY_HOPS = 0

        assert client_network(request(remote=remote)) == network


class TestNetworkOf:
    def test_is_nothing_of_nothing(self):
        assert network_of("") == ""
