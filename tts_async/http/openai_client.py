"""An ``openai`` client for a server of ours: over aiohttp, which costs a third less per request."""

from ssl import SSLContext
from typing import TYPE_CHECKING

from tts_async.http.address import ServerAddress
from tts_async.http.credentials import Credentials
from tts_async.http.transport import KEEPALIVE_SECONDS

if TYPE_CHECKING:
    from openai import AsyncOpenAI

ANONYMOUS = "none"  # the client insists on a key; a server without authentication ignores it


def make_openai_client(
    address: ServerAddress,
    credentials: Credentials,
    *,
    timeout: float,
    capacity: int = 64,
    ssl: SSLContext | bool | None = None,
) -> "AsyncOpenAI":
    """With at most ``capacity`` connections.

    Call it in a thread: the import and the certificates take a good part of a second.
    """
    from openai import DEFAULT_CONNECTION_LIMITS, AsyncOpenAI, DefaultAioHttpClient

    # Whichever httpx this version of the client stands on, this is its type.
    limits = type(DEFAULT_CONNECTION_LIMITS)(
        max_connections=capacity, keepalive_expiry=KEEPALIVE_SECONDS
    )
    verify = True if ssl is None else ssl
    return AsyncOpenAI(
        base_url=address.api,
        api_key=credentials.api_key or ANONYMOUS,
        default_headers=credentials.headers(),
        timeout=timeout,
        http_client=DefaultAioHttpClient(verify=verify, timeout=timeout, limits=limits),
    )
