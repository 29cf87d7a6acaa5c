"""Where a server is.

People give the URL as they give it to an OpenAI client, ending in ``/v1``; vLLM's own endpoints
(``/tokenize``, ``/version``, ``/metrics``) live one level above. Both forms are understood here,
once.
"""

import os
from dataclasses import dataclass, field
from urllib.parse import SplitResult, urlsplit

from tts_async.errors import ConfigurationError

EXAMPLE = 'for example base_url="http://localhost:8000/v1"'


@dataclass(frozen=True, slots=True)
class ServerAddress:
    """``root`` is the server itself, ``api`` where its OpenAI-compatible endpoints begin.

    ``userinfo`` (``user:password``) is taken out of the URL, so that no message can show it.
    """

    root: str
    api: str
    userinfo: str | None = field(default=None, repr=False)

    @classmethod
    def parse(cls, base_url: str | None, *, default: str = "") -> "ServerAddress":
        """Read a base URL, else ``OPENAI_BASE_URL``, else ``default``.

        Raises ``ConfigurationError`` when there is none, or when it is not an http(s) URL.
        """
        text = (base_url or os.environ.get("OPENAI_BASE_URL") or default).strip()
        if not text:
            raise ConfigurationError(f"base_url: no server given; {EXAMPLE}, or OPENAI_BASE_URL")
        parts = _split(text)
        userinfo, _, host = parts.netloc.rpartition("@")
        path = parts.path.rstrip("/")
        server = f"{parts.scheme}://{host}"
        # A bare host means its /v1; any other path was chosen by whoever runs the server.
        return cls(
            root=server + path.removesuffix("/v1"),
            api=server + (path or "/v1"),
            userinfo=userinfo or None,
        )

    def __str__(self) -> str:
        return self.api


def _split(text: str) -> SplitResult:
    shown = text.rpartition("@")[2] if "@" in text else text
    try:
        parts = urlsplit(text)
        usable = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
    except ValueError:  # brackets that do not match, a port that is no number
        usable = None
    if not usable:
        raise ConfigurationError(f"base_url: {shown!r} is not an http(s) URL; {EXAMPLE}") from None
    if parts.query or parts.fragment:
        raise ConfigurationError(f"base_url: {shown!r} must end with its path; {EXAMPLE}")
    return parts
