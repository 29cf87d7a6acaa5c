"""Pools whose children run a function of these tests."""

from functools import partial
from typing import Any

from tts_async.embedded import PRM_PATH
from tts_async.verifiers import LocalVerifier, VerifierPool


class TargetVerifier(LocalVerifier):
    """The parent's side as it is; the child runs ``target`` of ``pool_targets``."""

    def __init__(self, *args: Any, target: str, **options: Any) -> None:
        super().__init__(*args, **options)
        self._process._worker.target = f"tests.verifiers.pool_targets:{target}"


def target_pool(target: str, devices: str, **options: Any) -> VerifierPool:
    """A pool of such workers."""
    return VerifierPool(PRM_PATH, devices, worker=partial(TargetVerifier, target=target), **options)
