"""What a client is told instead of an answer, in the shape of OpenAI's API."""

from typing import Any


class GatewayError(Exception):
    """Becomes ``{"error": {"message", "type", "param", "code"}}`` with this HTTP status.

    ``param`` names the field of the request that is wrong; ``retry_after`` is in seconds.
    """

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        param: str | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.param = param
        self.retry_after = retry_after

    @property
    def kind(self) -> str:
        """OpenAI's ``type`` of the error."""
        if self.status >= 500:  # noqa: PLR2004 - HTTP's classes
            return "server_error"
        return _KINDS.get(self.status, "invalid_request_error")

    def to_dict(self) -> dict[str, Any]:
        """The body of the response."""
        error = {"message": self.message, "type": self.kind, "param": self.param, "code": self.code}
        return {"error": error}


_KINDS = {401: "authentication_error", 403: "permission_error", 429: "rate_limit_error"}


def above_limit(field: str, value: int, most: int, unit: str = "") -> GatewayError:
    """For a number in ``field`` that is larger than this gateway takes."""
    message = f"{field}: {value:,} {unit}".rstrip() + f"; this gateway takes at most {most:,}"
    return GatewayError(400, "value_above_limit", message, param=field)
