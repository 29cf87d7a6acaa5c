"""A page that shows the searches of a gateway while they run."""

from tts_async.gateway.live.routes import add_live_page

__all__ = ["add_live_page"]
