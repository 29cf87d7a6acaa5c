"""The sockets of a server: taken at once, before anything slow is begun."""

import errno
import ipaddress
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from tts_async.errors import ConfigurationError


@dataclass(frozen=True, slots=True)
class Listening:
    """Bound sockets, one per address that ``host`` stands for; nobody can connect yet."""

    host: str
    sockets: tuple[socket.socket, ...]

    @property
    def port(self) -> int:
        """The one that was asked for, or the free one that was found."""
        port: int = self.sockets[0].getsockname()[1]
        return port

    @property
    def url(self) -> str:
        """The server's, without a path."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}"

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can reach it."""
        addresses = (sock.getsockname()[0].partition("%")[0] for sock in self.sockets)
        return all(ipaddress.ip_address(address).is_loopback for address in addresses)


@contextmanager
def listen(host: str, port: int) -> Iterator[Listening]:
    """Take ``port`` at every address of ``host``, and give it back; 0 finds one that is free.

    Raises ``ConfigurationError`` for a host that is none and a port that is taken.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError) as error:  # the latter from the encoding of host names
        raise ConfigurationError(f"host: {host!r} is no address here ({error})") from None
    with ExitStack() as stack:
        sockets: list[socket.socket] = []
        for family, kind, protocol, _, address in dict.fromkeys(found):
            free = sockets[0].getsockname()[1] if sockets else port
            sock = stack.enter_context(socket.socket(family, kind, protocol))
            try:
                _bind(sock, (address[0], free, *address[2:]))
            except OSError as error:
                raise _cannot_bind(error, host, port) from error
            sockets.append(sock)
        yield Listening(host, tuple(sockets))


def _bind(sock: socket.socket, address: tuple[object, ...]) -> None:
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if sock.family == socket.AF_INET6:
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    sock.bind(address)


def _cannot_bind(error: OSError, host: str, port: int) -> ConfigurationError:
    if error.errno == errno.EADDRINUSE:
        return ConfigurationError(f"port: {port} is in use on {host}; choose another with --port")
    if error.errno == errno.EACCES:
        return ConfigurationError(f"port: {port} is not for you to take; use one above 1023")
    return ConfigurationError(f"host: cannot listen on {host} ({error.strerror})")
