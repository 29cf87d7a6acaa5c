"""Imported by an interpreter before all else: whoever asks for another machine ends its process.

Raising would not do, because clients that report home expect to fail and go on.
"""

import ipaddress
import os
import sys
from typing import Any

EXIT_CODE = 97


def refuse_other_machines(event: str, arguments: tuple[Any, ...]) -> None:
    """An audit hook."""
    if event == "socket.getaddrinfo":
        check(arguments[0])
    elif event in ("socket.connect", "socket.sendto") and isinstance(arguments[1], tuple):
        check(arguments[1][0])


def check(host: Any) -> None:
    """End the process unless the host is this one."""
    name = host.decode() if isinstance(host, bytes) else host
    if name in (None, "", "localhost"):
        return
    try:
        is_here = ipaddress.ip_address(name).is_loopback
    except ValueError:
        is_here = False
    if not is_here:
        sys.stderr.write(f"\nasked for {name}\n")
        sys.stderr.flush()
        os._exit(EXIT_CODE)


sys.addaudithook(refuse_other_machines)
