"""Where a request comes from, as far as it can be trusted."""

from __future__ import annotations

from ipaddress import IPv6Address, ip_address, ip_network
from typing import Final

from django.conf import settings
from django.http import HttpRequest

IPV6_BITS: Final = 64  # what a provider gives one customer, who may take any address of it


def client_address(request: HttpRequest) -> str:
    """The client's address: TRUSTED_PROXY_HOPS from the right of X-Forwarded-For, else the socket's.

    What stands further left was written by the client and means nothing; nor does any of it where fewer
    addresses stand there than proxies should have passed. '' where there is no valid address (a Unix
    socket, or one with a zone, which PostgreSQL's inet does not know).
    """
    remote = request.META.get("REMOTE_ADDR", "")
    forwarded = request.headers.get("X-Forwarded-For", "")
    chain = [*(forwarded.split(",") if forwarded else ()), remote]
    hops = settings.TRUSTED_PROXY_HOPS
    text = (chain[-1 - hops] if hops < len(chain) else remote).strip()
    try:
        address = None if "%" in text else ip_address(text)
    except ValueError:
        return ""
    if isinstance(address, IPv6Address) and address.ipv4_mapped:  # a socket that takes both kinds says so
        address = address.ipv4_mapped
    return str(address or "")


def client_network(request: HttpRequest) -> str:
    """What counts as one client; 'nowhere' for all that come from no valid address."""
    return network_of(client_address(request)) or "nowhere"


def network_of(address: str) -> str:
    """An IPv4 address as it is, and of an IPv6 address its network of IPV6_BITS; '' of ''."""
    return str(ip_network(f"{address}/{IPV6_BITS}", strict=False)) if ":" in address else address
