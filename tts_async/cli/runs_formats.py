r"""How finished searches leave a journal: one JSON object per result, by the name of the format.

A format is a function from a ``Result`` to plain data; a new one is a new entry of ``FORMATS``.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from tts_async.answers import Selection, vote
from tts_async.strategies import REFERENCE_STRATEGIES
from tts_async.strategies.reference import predictions
from tts_async.strategies.reference.prediction import as_columns
from tts_async.types.result import Candidate, Result

Format = Callable[[Result], dict[str, Any]]


def as_search_and_learn(result: Result) -> dict[str, Any]:
    r"""A row of the datasets of huggingface/search-and-learn.

    ``completions``, their step ``scores`` and ``completion_tokens`` in the order of the tree,
    ``pred``: the text of the best one, and for every power of two up to the number of candidates
    what the first of them would have voted for, in a ``\boxed{}``. Without a verifier there is
    nothing but ``pred_maj@…``. Results of the reference strategies are counted by their own rules.
    """
    row = {
        **result.problem.metadata,
        "unique_id": result.problem.id,
        "problem": result.problem.text,
        "answer": result.problem.answer,
        "completions": [candidate.text for candidate in result.candidates],
        "completion_tokens": [candidate.tokens for candidate in result.candidates],
    }
    if any(candidate.score is not None for candidate in result.candidates):
        row["scores"] = [_step_scores(result, candidate) for candidate in result.candidates]
        row["pred"] = max(result.candidates, key=lambda c: c.score or 0.0).text
    if result.strategy in REFERENCE_STRATEGIES:
        return {**row, **predictions(result.candidates)}
    return {**row, **as_columns(result.candidates, _elect)}


def as_json(result: Result) -> dict[str, Any]:
    """Everything: ``Result.to_dict()``, the tree included."""
    return result.to_dict()


FORMATS: Final[Mapping[str, Format]] = {"search-and-learn": as_search_and_learn, "jsonl": as_json}


def _elect(candidates: Sequence[Candidate], select: Selection) -> str | None:
    """By our own rules; ``None`` for a vote that takes scores where there are none."""
    scores = [candidate.score for candidate in candidates]
    if select != "majority" and all(score is None for score in scores):
        return None
    winner = vote([candidate.group for candidate in candidates], scores, select).winner
    return "" if winner is None else candidates[winner].answer or ""


def _step_scores(result: Result, candidate: Candidate) -> list[float]:
    if candidate.path not in result.tree:
        return []
    nodes = result.tree[candidate.path].lineage()
    return [score for node in nodes for score in node.step_scores or ()]
