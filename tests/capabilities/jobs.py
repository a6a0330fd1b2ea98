"""Jobs for the tests of work apart: each does one thing that a job should or should not do."""

import ctypes
import os
import socket
import sys
import tempfile
import time

import msgspec

from host.capabilities.apart.door import Door, Refused
from host.capabilities.apart.frames import FRAME_BYTES_MAX, OUT


def echo(door: Door) -> None:
    """Gives every frame back."""
    while (frame := door.receive()) is not None:
        door.send(frame)


def loop(door: Door) -> None:
    """Says who it is, and never ends."""
    door.send(str(os.getpid()).encode())
    while True:
        pass


def sleep(door: Door) -> None:
    """Says who it is, and waits."""
    door.send(str(os.getpid()).encode())
    time.sleep(3600)


def eat(door: Door) -> None:
    """Takes memory until there is none."""
    eaten = []
    while True:
        eaten.append(bytearray(1024 * 1024))


def crash(door: Door) -> None:
    """Reads what is not there."""
    ctypes.string_at(0)


def refuse(door: Door) -> None:
    """Does not do it, and says why in two lines too many."""
    raise Refused("ValidationError", "not\nthis", "That\ninstead.")


def fail(door: Door) -> None:
    """Has a fault."""
    raise LookupError("a fault of ours")


def flood(door: Door) -> None:
    """Sends more than anybody reads; the frames are numbered."""
    for number in range(100_000):
        door.send(number.to_bytes(4, "little") + bytes(64 * 1024))


def lie(door: Door) -> None:
    """Says that a frame is longer than any may be."""
    door._end.sendall(OUT.pack(FRAME_BYTES_MAX + 1, 0, 0))
    time.sleep(3600)


def look_around(door: Door) -> None:
    """Tells what it sees of the world."""
    paths = [f"/proc/self/fd/{name}" for name in os.listdir("/proc/self/fd")]
    modules = [name for name in ("wasmtime", "litestar", "granian", "host.settings") if name in sys.modules]
    try:
        made = [socket.socket() for _ in range(100)]
    except OSError:
        made = []
    door.send(
        msgspec.json.encode(
            {
                "environment": dict(os.environ),
                "sockets": [os.readlink(path) for path in paths if os.path.exists(path)],
                "modules": modules,
                "many_files": bool(made),
                "nice": os.nice(0),
            }
        )
    )


def write_much(door: Door) -> None:
    """Makes a file that is larger than it may be."""
    with tempfile.TemporaryFile() as file:
        try:
            file.write(bytes(2 * 1024 * 1024))
            file.flush()
        except OSError as error:
            door.send(error.strerror.encode())
            return
    door.send(b"written")
