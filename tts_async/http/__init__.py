"""What every client of a model server needs: where it is, who we are, and what to do on failure.

``ServerAddress`` and ``Credentials`` describe the server, ``RetryPolicy`` says how long trouble may
last, ``Transport`` sends one request and maps every way it can fail to our errors, ``discovery``
asks the server what it is.
"""

from tts_async.http.address import ServerAddress
from tts_async.http.credentials import Credentials
from tts_async.http.discovery import ServedModel
from tts_async.http.retry import RetryPolicy
from tts_async.http.transport import Transport, TransportStatistics

__all__ = [
    "Credentials",
    "RetryPolicy",
    "ServedModel",
    "ServerAddress",
    "Transport",
    "TransportStatistics",
]
