"""Who we are to a server: headers that are sent with every request and never shown."""

import base64
import os
from collections.abc import Mapping

from tts_async.errors import ConfigurationError

SHORTEST_SECRET = 8  # shorter header values ("dev", "1") are settings; hiding them garbles messages


class Credentials:
    """The headers to send; ``repr`` shows their names only.

    ``api_key`` falls back to ``OPENAI_API_KEY``; ``headers`` win over it, and it wins over
    ``userinfo`` (``user:password`` from the URL).
    """

    def __init__(
        self,
        api_key: str | None = None,
        headers: Mapping[str, str] | None = None,
        *,
        userinfo: str | None = None,
    ) -> None:
        self.api_key = (api_key or os.environ.get("OPENAI_API_KEY") or "").strip() or None
        if headers is not None and not isinstance(headers, Mapping):
            raise ConfigurationError(
                f"headers: expected a mapping of names to values, got {type(headers).__name__}"
            )
        self._extra = dict(headers or {})
        self._authorization: str | None = None
        if self.api_key:
            self._authorization = f"Bearer {self.api_key}"
        elif userinfo:
            self._authorization = f"Basic {base64.b64encode(userinfo.encode()).decode()}"
        for name, value in self.headers().items():
            if not isinstance(value, str) or any(c in value for c in "\r\n\0"):
                raise ConfigurationError(
                    f"headers: the value of {name} must be a string without line breaks"
                )

    def headers(self) -> dict[str, str]:
        """What to send with every request."""
        given = {name.lower() for name in self._extra}
        if self._authorization is None or "authorization" in given:
            return dict(self._extra)
        return {"Authorization": self._authorization, **self._extra}

    def redact(self, text: str) -> str:
        """``text`` without any of the secrets: a server may quote what we sent."""
        secrets = {word for value in self.headers().values() for word in (value, *value.split())}
        for secret in sorted(secrets, key=len, reverse=True):
            if len(secret) >= SHORTEST_SECRET:
                text = text.replace(secret, "***")
        return text

    def __repr__(self) -> str:
        return f"<Credentials {', '.join(self.headers()) or 'none'}>"
