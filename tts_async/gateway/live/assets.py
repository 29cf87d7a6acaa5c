"""The page's files: read once, served from memory, under a policy that lets in nothing else."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import blake2b
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Final

from aiohttp import web

from tts_async.observe.tree.page import PARTS, STYLES, WEB

_OWN: Final = files("tts_async.gateway.live") / "web"
_TYPES: Final = {".html": "text/html", ".css": "text/css", ".js": "text/javascript"}

_POLICY: Final = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "connect-src": "'self'",
    "img-src": "data:",  # the empty icon, lest a browser asks for one
    "base-uri": "'none'",
    "form-action": "'none'",
    "frame-ancestors": "'none'",
    "require-trusted-types-for": "'script'",
    "trusted-types": "'none'",
}
HEADERS: Final = {
    "Content-Security-Policy": "; ".join(f"{what} {where}" for what, where in _POLICY.items()),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-cache",  # asks whether it is still the same; with an ETag that is cheap
}


@dataclass(frozen=True, slots=True)
class Asset:
    """A file as it is sent."""

    body: bytes
    content_type: str
    tag: str

    def response(self, request: web.Request) -> web.Response:
        """The file, or that the browser has it."""
        known = request.if_none_match or ()
        if any(tag.value == self.tag for tag in known):
            response = web.Response(status=web.HTTPNotModified.status_code, headers=HEADERS)
        else:
            response = web.Response(
                body=self.body, content_type=self.content_type, charset="utf-8", headers=HEADERS
            )
        response.etag = self.tag
        return response


@cache
def read_assets() -> Mapping[str, Asset]:
    """All files of the page by name; reads them from the disk the first time."""
    shared = (WEB / name for name in (*STYLES, *PARTS))
    return {file.name: _read(file) for file in (*shared, *_OWN.iterdir())}


def _read(file: Traversable) -> Asset:
    body = file.read_bytes()
    kind = _TYPES["." + file.name.rpartition(".")[2]]
    return Asset(body, kind, blake2b(body, digest_size=12).hexdigest())
