"""Scores from ``vllm serve --runner pooling``: one request per path, a row of labels per step.

vLLM runs ``Qwen2ForProcessRewardModel`` this way and returns the rows of the step tags only; other
classifiers return a row per token, or one for the whole. It does not read its prefix cache here,
so every path is computed from its first token. What a path was given is remembered.
"""

from collections.abc import Sequence
from typing import Any, TypeGuard

from tts_async.errors import ConfigurationError, InvalidScores, MalformedResponse
from tts_async.http.async_cache import AsyncCache
from tts_async.inference.families import Token
from tts_async.verifiers.prm_server import PROBE, Path, PRMServer

REMEMBERED_PATHS = 65_536

Row = list[float | None]
"""The labels of one place in a path; ``None`` is how a server writes NaN, which JSON lacks."""


class PoolingScores:
    """Reads the scores of paths from ``/pooling``."""

    kind = "vLLM server, pooling"

    def __init__(self, server: PRMServer) -> None:
        self._server = server
        self._known = AsyncCache[Path, Sequence[float]](REMEMBERED_PATHS)

    async def read(self, path: Path) -> Sequence[float]:
        """One score per step; raises ``GenerationError`` and ``VerificationError``."""
        return await self._known.get(path, self._ask)

    async def probe(self) -> None:
        """Raise ``ConfigurationError``, which names the flag, when steps get no scores."""
        ids = await self._server.write(*PROBE)
        rows = await self._post(ids)
        if rows:
            await self._scores(rows, PROBE, len(ids))
            return
        prompt = self._server.family.prompt(*PROBE)
        tags = [piece.spelling for piece in prompt if isinstance(piece, Token)]
        tag = await self._server.tokenizer.id_of(tags[-1]) if tags else "ID"
        raise ConfigurationError(
            f"base_url: {self._server.where} found no step in a path of one, because it looks for"
            " another token at the end of steps; start vLLM with"
            f""" --pooler-config '{{"step_tag_id": {tag}}}'"""
        )

    async def _ask(self, path: Path) -> Sequence[float]:
        ids = await self._server.write(*path)
        return await self._scores(await self._post(ids), path, len(ids))

    async def _post(self, ids: Sequence[int]) -> list[Row]:
        return await self._server.post(
            "/pooling", {"input": ids, "use_activation": True}, parse_rows
        )

    async def _scores(self, rows: list[Row], path: Path, tokens: int) -> Sequence[float]:
        conversation, steps = path
        right = [self._right(row) for row in rows]
        if self._server.family.is_outcome and len(rows) == 1:
            return right * len(steps)
        if len(rows) == len(steps):
            return right
        if len(rows) == tokens:
            beginnings = [
                await self._server.write(conversation, steps[:count])
                for count in range(1, len(steps) + 1)
            ]
            return [right[len(ids) - 1] for ids in beginnings]
        raise InvalidScores(
            f"{self._server.where} returned {len(rows)} rows of scores for {len(steps)} steps of"
            f" {tokens} tokens in all"
        )

    def _right(self, row: Row) -> float:
        """The probability that a step is right, from the labels it got."""
        score = row[self._server.family.head.positive] if len(row) > 1 else row[0]
        if score is None or not 0 <= score <= 1:
            raise InvalidScores(
                f"{self._server.where} returned {score} as a score, which is not in [0, 1]"
            )
        return score


def parse_rows(reply: Any) -> list[Row]:
    """The rows in an answer of ``/pooling`` to one input; raises ``MalformedResponse``.

    A classifier of whole texts has one row, and no list around it.
    """
    entries = reply.get("data") if isinstance(reply, dict) else None
    entry = entries[0] if isinstance(entries, list) and len(entries) == 1 else None
    rows = entry.get("data") if isinstance(entry, dict) else None
    if not isinstance(rows, list):
        raise MalformedResponse("no scores in the answer")
    if rows and _are_numbers(rows):
        return [rows]
    if not all(row and _are_numbers(row) for row in rows):
        raise MalformedResponse("the scores are no rows of numbers")
    return rows


def _are_numbers(row: Any) -> TypeGuard[Row]:
    return isinstance(row, list) and set(map(type, row)) <= {float, int, type(None)}
