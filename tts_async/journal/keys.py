"""Digests of everything that decides an outcome.

The same key means the same question, whoever asks it, so an answer under that key is the answer.
Whatever does not change the outcome is left out, priority and tenant for instance, or two runs
could not share it.
"""

from collections.abc import Sequence
from hashlib import blake2b
from typing import Any, Final

import msgspec

from tts_async.types.generation import GenerationRequest, Sampling
from tts_async.types.problem import Problem
from tts_async.types.verification import ScoreRequest

SIZE: Final = 16
"""Bytes of a key."""

_pack = msgspec.msgpack.Encoder(enc_hook=repr, order="deterministic").encode


def digest(*parts: object) -> bytes:
    """A key of plain data; of what is not plain, the ``repr`` counts."""
    return blake2b(_as_bytes(parts), digest_size=SIZE).digest()


def conversation_key(problem: Problem, system_prompt: str | None) -> bytes:
    """What the generator sees of a problem: its id, which the seeds depend on, and the texts."""
    turns = [(turn["role"], turn["content"]) for turn in problem.messages(system_prompt)]
    return digest(problem.id, turns)


def problem_key(problem: Problem) -> bytes:
    """What a verifier or a strategy may look at: the reference answer and the metadata as well."""
    turns = [(turn["role"], turn["content"]) for turn in problem.history]
    metadata = _as_bytes(dict(problem.metadata))
    return digest(problem.id, problem.text, turns, problem.answer, metadata)


def expansion_key(conversation: bytes, request: GenerationRequest) -> bytes:
    """What decides the continuations of a path, however many of them are asked for.

    Token ids are left out: the seed says which place of which search is continued, and the steps
    what stands there.
    """
    return digest(
        conversation,
        request.steps,
        request.stop,
        plain_sampling(request.sampling),
        request.seed,
        request.logprobs,
    )


def score_keys(
    verifier: bytes, problems: Sequence[bytes], requests: Sequence[ScoreRequest]
) -> list[bytes]:
    """What decides the step scores of paths, each with the key of its problem.

    How scores are aggregated does not. Siblings are the rule, so what is above them is read once.
    """
    above: dict[tuple[bytes, tuple[str, ...]], blake2b] = {}
    keys = []
    for problem, request in zip(problems, requests, strict=True):
        place = (problem, request.steps[:-1])
        if place not in above:
            above[place] = blake2b(_as_bytes((verifier, *place)), digest_size=SIZE)
        key = above[place].copy()
        key.update(_as_bytes(request.steps[-1:]))
        keys.append(key.digest())
    return keys


def split_keys(keys: bytes) -> list[bytes]:
    """Keys that stand one behind the other."""
    return [keys[i : i + SIZE] for i in range(0, len(keys), SIZE)]


def plain_sampling(sampling: Sampling) -> tuple[float, float, int]:
    """A whole number is the same temperature as the fraction that equals it."""
    return float(sampling.temperature), float(sampling.top_p), int(sampling.max_tokens)


def _as_bytes(data: Any) -> bytes:
    """The same for equal data and for no other; every piece says where it ends."""
    try:
        return _pack(data)
    except (TypeError, ValueError, OverflowError, RecursionError):
        # Halves of surrogate pairs, which models do produce; numbers of more than 64 bits; in
        # metadata, keys that are no keys, and what holds itself.
        return _pack(repr(data))
