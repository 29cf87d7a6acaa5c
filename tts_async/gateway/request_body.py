"""The body of a request, within limits of size, kind and time."""

import asyncio
import zlib
from typing import Final

from aiohttp import web

from tts_async.gateway.errors import GatewayError
from tts_async.gateway.parts import SETTINGS

_GZIP: Final = zlib.MAX_WBITS | 16
"""zlib's way to be told of gzip's header."""


async def read_body(request: web.Request) -> bytes:
    """Raises ``GatewayError``, and ``HTTPRequestEntityTooLarge`` beyond the size allowed.

    Only a body that says it is JSON is read: any web page may have a browser send other kinds to
    an address on its own machine, but has to ask first for this one, and is not let.
    """
    if request.content_type != "application/json":
        raise GatewayError(
            415,
            "unsupported_media_type",
            f"Content-Type: expected application/json, got {request.content_type}",
        )
    seconds = request.app[SETTINGS].client_seconds
    try:
        async with asyncio.timeout(seconds):
            body = await request.read()
    except TimeoutError:
        raise GatewayError(
            408, "request_timeout", f"the body did not arrive within {seconds:g} s"
        ) from None
    except web.RequestPayloadError as error:
        raise GatewayError(400, "invalid_body", f"the body cannot be read: {error}") from error
    encoding = request.headers.get("Content-Encoding", "identity").lower()
    if encoding == "identity":
        return body
    if encoding == "gzip":
        return _unpack(body, request.app[SETTINGS].max_body_bytes)
    raise GatewayError(
        415, "unsupported_media_type", f"Content-Encoding: expected gzip or none, got {encoding}"
    )


def _unpack(body: bytes, most: int) -> bytes:
    """Not further than allowed: a thousandth of what comes out can be sent in no time."""
    unpacker = zlib.decompressobj(_GZIP)
    try:
        unpacked = unpacker.decompress(body, most + 1)
    except zlib.error as error:
        raise GatewayError(400, "invalid_body", f"the body is not gzip: {error}") from error
    if len(unpacked) > most:
        raise web.HTTPRequestEntityTooLarge(max_size=most, actual_size=len(unpacked))
    if not unpacker.eof:
        raise GatewayError(400, "invalid_body", "the body cannot be read: its end is missing")
    return unpacked
