"""Work that must not run in the event loop, in a process of its own.

``WorkerProcess`` is the parent's side: ``await worker.call(payload)``. ``Channel`` is the child's
side: it receives calls and cancellations and replies to them. Three users: the answer checker,
the local generator and the local verifier.
"""

from tts_async.worker.channel import Call, Cancel, Channel, Message
from tts_async.worker.process import WorkerProcess

__all__ = ["Call", "Cancel", "Channel", "Message", "WorkerProcess"]
