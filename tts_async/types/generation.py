"""The seam to whatever writes the steps: a server, a local model, a script."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from tts_async.types.problem import Problem

Finish = Literal["step", "stop", "length"]
"""Why a continuation ended: at the step delimiter, at the end of the answer, or truncated."""


@dataclass(frozen=True, slots=True)
class Sampling:
    """How tokens are drawn; the defaults are those of the published recipe.

    ``temperature`` 0 is greedy decoding. ``max_tokens`` bounds one continuation (one step, or one
    whole answer where a strategy asks for it), in tokens.
    """

    temperature: float = 0.8
    top_p: float = 1.0
    max_tokens: int = 2048


@dataclass(frozen=True, slots=True, kw_only=True)
class GenerationRequest:
    """Ask for ``n`` independent continuations of one path.

    ``steps`` is the text of the path so far, one entry per node, delimiters included, and
    ``token_ids`` the same path as ids where the generator returned them (empty otherwise).
    ``stop`` is the step delimiter, kept in the output, or ``None`` to run to the end of the
    answer. ``seed`` fixes the draw: continuation ``i`` depends on it, on ``i`` and on the path
    only, whatever else runs. ``priority``: lower is more urgent. ``logprobs`` asks for the
    log-probability of every sampled token.
    """

    problem: Problem
    system_prompt: str | None
    steps: tuple[str, ...]
    token_ids: tuple[int, ...]
    n: int
    stop: str | None
    sampling: Sampling
    seed: int
    priority: int = 0
    logprobs: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """One continuation: its text (stop string included), its ids and why it ended.

    ``tokens`` is what it cost, end-of-sequence token included, so it may exceed
    ``len(token_ids)`` by one; ``token_ids`` is empty when the generator does not know them.
    ``logprobs``, where asked for, holds one natural logarithm per sampled token, ``tokens`` in
    all: of the model's own distribution, before temperature and ``top_p``.
    """

    text: str
    finish: Finish
    tokens: int
    token_ids: tuple[int, ...] = ()
    logprobs: tuple[float, ...] | None = None


class Generator(Protocol):
    """Draws continuations; any async callable object with this method will do.

    Raises ``GenerationError``. Cancelling the call must stop the work. A generator that also is
    an async context manager is opened and closed by the ``Solver``; one with an integer
    ``capacity`` attribute says how many sequences it takes at a time, and one with a method
    ``prompt_tokens(messages)`` how long a conversation is that it was asked about (or ``None``).
    """

    async def generate(self, request: GenerationRequest) -> Sequence[Step]:
        """Exactly ``request.n`` continuations, in the order of their index."""
        ...


Recall = Callable[[GenerationRequest], Awaitable[Sequence[Step] | None]]
"""What a request was answered before, or ``None`` where the generator has to be asked."""
