"""What aiohttp has to say about connections, in our log and without what clients sent.

Its own messages about a malformed request quote it, and there may be a key in it.
"""

import logging

import structlog
from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError


def make_http_logger() -> logging.Logger:
    """For aiohttp's ``logger``; apart from all other loggers of the process."""
    logger = logging.getLogger("tts_async.gateway.http")
    logger.handlers = [_ToStructlog(logging.WARNING)]
    logger.propagate = False
    return logger


class _ToStructlog(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        log = structlog.get_logger("tts_async")
        error = record.exc_info[1] if record.exc_info else None
        if isinstance(error, HttpProcessingError | web.RequestPayloadError):
            log.info("malformed request", kind=type(error).__name__)
        else:
            log.error(record.getMessage(), exc_info=error)
