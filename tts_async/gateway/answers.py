"""The texts that a client is given, out of a search's result."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final, Literal

from tts_async.gateway.errors import GatewayError
from tts_async.types.node import Node, Path
from tts_async.types.result import Candidate, Result

_NO_ANSWER: Final = "no candidate holds a final answer; this is the text that scored best"
_UNFINISHED: Final = "no candidate was finished; this is the longest way that scored best"


@dataclass(frozen=True, slots=True)
class ChosenText:
    """One choice of a completion. ``tokens`` is what its text cost."""

    text: str
    tokens: int
    finish_reason: Literal["stop", "length"] = "stop"


@dataclass(frozen=True, slots=True)
class ChosenTexts:
    """The choices, best first; ``note`` says what is unusual about them."""

    choices: tuple[ChosenText, ...]
    note: str | None = None


def choose_texts(
    result: Result, *, count: int = 1, max_tokens: int | None = None, stops: Sequence[str] = ()
) -> ChosenTexts:
    """The best ``count`` different answers; fewer where the search found fewer.

    An answer longer than ``max_tokens`` is cut between two steps, and every one at the first of
    ``stops`` in it. Without an answer it is the best text there is. Raises ``GatewayError`` when
    there is none at all.
    """
    note: str | None = None
    if result.answer is not None:
        found = (_whole(c, result, max_tokens) for c in _best_of_groups(result))
    elif any(candidate.text.strip() for candidate in result.candidates):
        found, note = (_whole(c, result, max_tokens) for c in _best_scored(result)), _NO_ANSWER
    else:
        found, note = (_part(node) for node in _longest_ways(result)), _UNFINISHED
    choices = tuple(_stopped(chosen, stops) for chosen in islice(found, count))
    if not choices:
        raise _nothing(result)
    return ChosenTexts(choices, note)


def _best_of_groups(result: Result) -> Iterator[Candidate]:
    """The best candidate of each group of equal answers, the winner's first."""
    won = _winner(result)
    yield won
    best: dict[int, Candidate] = {}
    for candidate in sorted(result.candidates, key=_score, reverse=True):
        if candidate.group is not None and candidate.group != won.group:
            best.setdefault(candidate.group, candidate)
    votes = result.votes
    yield from (
        best[group] for group in sorted(best, key=lambda g: (-votes[g].weight, -votes[g].count, g))
    )


def _winner(result: Result) -> Candidate:
    """The candidate that won; a strategy's own election may put together a text of its own."""
    winner = result.winner
    if winner is not None and winner.text == result.text:
        return winner
    group = None if winner is None else winner.group
    return Candidate(
        path=(), text=result.text, answer=result.answer, score=None, group=group, tokens=0
    )


def _best_scored(result: Result) -> Iterator[Candidate]:
    """The candidates with a text, each text once, best first."""
    texts: dict[str, Candidate] = {}
    for candidate in sorted(result.candidates, key=_score, reverse=True):
        if candidate.text.strip():
            texts.setdefault(candidate.text, candidate)
    yield from texts.values()


def _longest_ways(result: Result) -> Iterator[Node]:
    """The ends of unfinished paths, the longest first, and of these the best scored."""
    nodes = [node for node in result.tree if not node.finished]
    continued = {node.path[:-1] for node in nodes}
    ends = [node for node in nodes if node.path not in continued]
    ends.sort(key=lambda node: (-node.depth, -(node.score or 0.0), node.path))
    return (node for node in ends if node.full_text.strip())


def _score(candidate: Candidate) -> float:
    return -1.0 if candidate.score is None else candidate.score


def _whole(candidate: Candidate, result: Result, max_tokens: int | None) -> ChosenText:
    if max_tokens is None or candidate.tokens <= max_tokens + 1:  # the end of sequence is counted
        return ChosenText(candidate.text, candidate.tokens)
    return _cut(candidate.path, result, max_tokens)


def _cut(path: Path, result: Result, max_tokens: int) -> ChosenText:
    """As many whole steps of a path as fit, the first in any case."""
    first, *rest = result.tree[path].lineage()
    text, tokens = first.text, first.tokens
    for node in rest:
        if tokens + node.tokens > max_tokens:
            break
        text, tokens = text + node.text, tokens + node.tokens
    return ChosenText(text, tokens, "length")


def _part(node: Node) -> ChosenText:
    tokens = sum(above.tokens for above in node.lineage())
    return ChosenText(node.full_text, tokens, "length")


def _stopped(chosen: ChosenText, stops: Sequence[str]) -> ChosenText:
    """Cut at whichever stop string comes first; it is not part of the text."""
    places = [place for stop in stops if (place := chosen.text.find(stop)) >= 0]
    return ChosenText(chosen.text[: min(places)], chosen.tokens) if places else chosen


def _nothing(result: Result) -> GatewayError:
    if result.stop_reason == "deadline":
        return GatewayError(
            504,
            "deadline_exceeded",
            f"nothing was written within {result.spend.seconds:.1f} s; give it more time "
            "(tts.deadline_s), or ask for fewer candidates",
        )
    return GatewayError(
        502,
        "empty_answer",
        f"the search ended ({result.stop_reason}) without any text: the model wrote nothing",
    )
