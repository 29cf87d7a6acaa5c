"""Several processes of one reward model, none of which is missed when it dies.

``pool`` is the verifier: it waits for a worker that can take a call. ``routing`` decides which one,
``member`` knows what to do when a worker dies, ``devices`` reads ``"cuda:0"`` and ``"cpu:2"``.
``worker`` is the seam: what a worker has to be able to do, wherever it runs.
"""

from tts_async.verifiers.pool.pool import VerifierPool
from tts_async.verifiers.pool.state import WorkerStatistics
from tts_async.verifiers.pool.worker import PoolWorker

__all__ = ["PoolWorker", "VerifierPool", "WorkerStatistics"]
