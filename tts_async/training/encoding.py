"""Labelled solutions as token ids, written exactly as ``LocalVerifier`` will write them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random

from torch import Tensor

from tts_async.embedded.batches import IGNORED, bucket, pad_right
from tts_async.inference.path_marker import PathMarker
from tts_async.inference.wire import as_conversation
from tts_async.training.stepwise import LabelledSolution

PAD = 0
"""Stands right of the text, where a causal model cannot see it: any id would do."""


@dataclass(frozen=True, slots=True)
class Row:
    """Token ids of a problem and a solution, and a target for each: ``IGNORED`` or in [0, 1]."""

    ids: list[int]
    targets: list[float]


def encode(solution: LabelledSolution, marker: PathMarker) -> Row:
    """One solution with the target of each labelled step at the token that carries its score.

    Raises ``VerificationError`` when it does not fit into the model's context.
    """
    conversation = as_conversation(solution.problem.messages(None))
    path = marker.mark(conversation, solution.steps)
    targets: list[float] = [IGNORED] * len(path.ids)
    for place, target in zip(path.ends, solution.targets, strict=False):  # ProcessBench has fewer
        targets[place] = target
    return Row(list(path.ids), targets)


def make_batches(
    rows: Sequence[Row], *, tokens: int, epochs: int, seed: int
) -> Iterator[tuple[Tensor, Tensor]]:
    """Ids (batch, length) and targets (the same), ``tokens`` padded tokens at most in each."""
    for epoch in range(epochs):
        rng = Random(f"{seed}/{epoch}")  # noqa: S311 - shuffling of training data, not secrets
        shuffled = rng.sample(rows, len(rows))
        for batch in bucket(shuffled, lambda row: len(row.ids), tokens=tokens, rng=rng):
            yield (
                pad_right([row.ids for row in batch], PAD),
                pad_right([row.targets for row in batch], IGNORED),
            )
