"""An OpenAI-compatible gateway: requests for chat completions become searches."""

from tts_async.gateway.app import make_app
from tts_async.gateway.errors import GatewayError
from tts_async.gateway.settings import GatewaySettings

__all__ = ["GatewayError", "GatewaySettings", "make_app"]
