"""The key in a request."""

from aiohttp import web

from tts_async.gateway.errors import GatewayError


def presented_key(request: web.Request) -> str | None:
    """The key in ``Authorization: Bearer …``, as OpenAI's clients send it, or in ``x-api-key``.

    Raises ``GatewayError`` 401 for an authorization of another kind.
    """
    authorization = request.headers.get("Authorization")
    if authorization is None:
        return request.headers.get("x-api-key", "").strip() or None
    scheme, _, key = authorization.strip().partition(" ")
    if scheme.lower() != "bearer":
        raise GatewayError(
            401, "invalid_api_key", "Authorization: expected Bearer and a key of this gateway"
        )
    return key.strip() or None
