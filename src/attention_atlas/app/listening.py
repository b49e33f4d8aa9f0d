"""The address that the application listens at. It is bound once, and then handed over."""

from __future__ import annotations

import errno
import os
import socket
import sys

from attention_atlas.errors import InvalidChoice, PortTaken

LOOPBACKS = ("127.0.0.1", "::1")
"""Where it listens unless told otherwise: the first of these that the machine has."""
EVERYWHERE = ("0.0.0.0", "::")
TRIED = 100
"""So many ports after one that is taken are tried."""

_MISSING = (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT)
"""What a machine says whose loopback has no IPv4, or no IPv6."""


def listen(host: str | None, port: int, command: str = "attention-atlas") -> socket.socket:
    """A socket that listens at `host`, which None leaves to `LOOPBACKS`, and `port`.

    If the port is taken and somebody sits at the terminal, they are asked for the next free one.

    Args:
        host: an address or a name.
        port: from 1 on; 0 is any that is free.
        command: how it was started, for the advice to start it otherwise.

    Raises:
        PortTaken: another program listens there; the message names a port that is free.
        InvalidChoice: there is no such host, or one may not listen there.
    """
    hosts = LOOPBACKS if host is None else (host,)
    for tried in hosts:
        try:
            return _bound(tried, port)
        except socket.gaierror:
            raise InvalidChoice(
                f"There is no address for {tried}. Give --host a name or an address of this "
                "machine, or leave it away to be reached from this machine alone."
            ) from None
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                return _next_to(tried, port, command)
            if error.errno in _MISSING and tried != hosts[-1]:
                continue
            raise _refusal(tried, port, error) from None
    raise InvalidChoice("This machine has no loopback to listen at.")


def address(listening: socket.socket) -> str:
    """What to type into a browser on this machine."""
    host, port = listening.getsockname()[:2]
    if host in (LOOPBACKS[0], *EVERYWHERE):
        host = "localhost"
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


def _bound(host: str, port: int) -> socket.socket:
    family, kind, protocol, _, where = socket.getaddrinfo(
        host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    listening = socket.socket(family, kind, protocol)
    try:
        if os.name == "posix":  # elsewhere it means that two may listen at one port
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(where)
        # At once: until one of them listens, two programs can be bound to one port.
        listening.listen(2048)
    except OSError:
        listening.close()
        raise
    listening.set_inheritable(True)
    return listening


def _next_to(host: str, port: int, command: str) -> socket.socket:
    for free in range(port + 1, min(port + TRIED, 65535) + 1):
        try:
            listening = _bound(host, free)
        except OSError:
            continue
        if _agrees(f"Port {port} is taken. Use {free} instead? [Y/n] "):
            return listening
        listening.close()
        raise PortTaken(f"Port {port} is taken. Port {free} is free: {command} --port {free}")
    raise PortTaken(f"Port {port} is taken, and so are those after it. Choose another with --port.")


def _agrees(question: str) -> bool:
    if not (sys.stdin and sys.stdin.isatty() and sys.stdout.isatty()):
        return False
    try:
        return input(question).strip().lower() in ("", "y", "yes")
    except EOFError:
        return False


def _refusal(host: str, port: int, error: OSError) -> InvalidChoice:
    if error.errno in (errno.EACCES, errno.EPERM):
        return InvalidChoice(
            f"This user may not listen at port {port}. Choose one from 1024 on with --port; a "
            "reverse proxy can stand before it at port 80 or 443."
        )
    return InvalidChoice(
        f"Nothing can listen at {host}, port {port} ({error.strerror or error}). Give --host an "
        "address of this machine, or leave it away to be reached from this machine alone."
    )
