"""The wire between parent and child: pickles, each behind its length.

Pickle is safe here because both ends are the same program on the same machine, over an anonymous
pipe that nobody else can open.
"""

import pickle
import struct
from typing import Any, BinaryIO

HEADER = struct.Struct(">Q")


def encode(message: Any) -> bytes:
    """One message as the bytes that go over the pipe."""
    body = pickle.dumps(message, protocol=pickle.HIGHEST_PROTOCOL)
    return HEADER.pack(len(body)) + body


def decode(body: bytes) -> Any:
    """The message in a frame's body."""
    return pickle.loads(body)  # noqa: S301 - see the module's docstring


def read(stream: BinaryIO) -> Any:
    """The next message of a blocking stream; raises ``EOFError`` at its end."""
    (length,) = HEADER.unpack(_exactly(stream, HEADER.size))
    return decode(_exactly(stream, length))


def _exactly(stream: BinaryIO, count: int) -> bytes:
    data = stream.read(count)
    if len(data) < count:
        raise EOFError
    return data
