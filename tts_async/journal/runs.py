"""A run: one strategy with one seed and one set of settings, over any number of problems."""

import re
from dataclasses import dataclass

from tts_async.journal.keys import digest, plain_sampling
from tts_async.types.budget import Budget
from tts_async.types.generation import Sampling
from tts_async.types.verification import Aggregation

_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")
"""What tells a function from another in one process, and says nothing in the next."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSettings:
    """Everything besides the problem that decides the result of a search.

    ``strategy`` is its name, ``settings`` its ``repr``, ``n`` its budget of candidates where it has
    one. ``answers`` is ``"custom"`` where functions of the user read or compare them. ``version``
    is that of tts_async when the run began, and decides nothing.
    """

    strategy: str
    settings: str
    n: int | None
    seed: int
    sampling: Sampling
    aggregation: Aggregation
    budget: Budget
    system_prompt: str | None
    answers: str | None = None
    version: str = ""

    def key(self, verifier: bytes | None) -> bytes:
        """The same for what gives the same results with the same verifier."""
        sampling, budget = self.sampling, self.budget
        return digest(
            self.strategy,
            _ADDRESS.sub("", self.settings),
            self.seed,
            plain_sampling(sampling),
            self.aggregation,
            (budget.tokens, budget.expansions, budget.verifier_calls, budget.seconds),
            self.system_prompt,
            self.answers,
            verifier,
        )
