"""Log-probabilities reach the strategy that asks for them, and no other."""

from collections.abc import Sequence
from dataclasses import dataclass

import pytest

from tts_async import Context, GenerationRequest, Node, Result, Solver, Step
from tts_async.errors import MalformedResponse
from tts_async.testing import ScriptedGenerator

ANSWER = r"The final answer is: $\boxed{4}$."


class Knowing:
    """Says what it thinks of its tokens when asked."""

    async def generate(self, request: GenerationRequest) -> list[Step]:
        """The same answer, three tokens long."""
        logprobs = (-0.5, -0.25, 0.0) if request.logprobs else None
        return [Step(ANSWER, "stop", 3, logprobs=logprobs)] * request.n


@dataclass(frozen=True)
class Likeliest:
    """Two answers, with or without log-probabilities."""

    logprobs: bool = True

    async def __call__(self, ctx: Context) -> Sequence[Node]:
        """Draw them."""
        return await ctx.expand(ctx.root, 2, to_end=True, logprobs=self.logprobs)


@pytest.mark.parametrize("wanted", [True, False])
async def test_they_are_on_the_nodes(wanted: bool) -> None:
    """One number per token of the node, and they survive the way to a file and back."""
    async with Solver(generator=Knowing()) as solver:
        result = await solver.solve("2+2?", strategy=Likeliest(wanted))
    expected = (-0.5, -0.25, 0.0) if wanted else None
    for tree in (result.tree, Result.from_dict(result.to_dict()).tree):
        assert [node.logprobs for node in tree] == [expected] * 2


async def test_a_generator_without_them_is_an_error() -> None:
    """Not a search on missing numbers."""
    async with Solver(generator=ScriptedGenerator({"": [ANSWER]})) as solver:
        with pytest.raises(MalformedResponse, match="expand without logprobs"):
            await solver.solve("2+2?", strategy=Likeliest())
