"""Without keys, only programs on this machine may ask; web pages in its browsers may not.

A page cannot open a connection to a loopback address and read the answer, unless its own name
leads there (DNS rebinding). Then the name is what the browser says it is talking to.
"""

import ipaddress

from aiohttp import web

from tts_async.gateway.errors import GatewayError


def check_host(request: web.Request) -> None:
    """Raise ``GatewayError`` 403 for a ``Host`` that is not a name of this machine for itself."""
    host = request.url.host or ""
    if not is_own_name(host):
        raise GatewayError(
            403,
            "host_not_allowed",
            f"Host: {host[:80]!r} is not localhost; a gateway that is reached by another name, "
            "as behind a proxy, needs keys",
        )


def is_own_name(host: str) -> bool:
    """Whether a host is ``localhost``, a name below it, or a loopback address."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return is_loopback(host)
    except ValueError:
        return False


def is_loopback(address: str) -> bool:
    """Whether only this machine reaches an address; also one of IPv4 written as one of IPv6."""
    parsed = ipaddress.ip_address(address)
    return bool((getattr(parsed, "ipv4_mapped", None) or parsed).is_loopback)
