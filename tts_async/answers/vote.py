"""Which answer wins: the three ways of the field to turn scored candidates into one answer.

- ``majority`` (self-consistency): every candidate has one vote.
- ``weighted``: every candidate votes with its score; the best in the published results.
- ``naive``: no voting; the single best-scored candidate wins.

Candidates without an answer abstain. All ties go to the first in order, so the same candidates
always give the same winner.
"""

import itertools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal, cast, get_args

from tts_async.errors import ConfigurationError

Selection = Literal["majority", "weighted", "naive"]
"""How the winner is chosen among the candidates."""

SELECTIONS: tuple[Selection, ...] = get_args(Selection)


@dataclass(frozen=True, slots=True)
class Vote:
    """Who won, and by how much.

    ``winner`` is the index of the best-scored candidate of the winning group and ``group`` that
    group's number; both are ``None`` when nobody voted. ``weights`` holds the weight of each
    group: its votes (majority), the sum of its scores (weighted), its best score (naive).
    ``confidence`` in [0, 1] is the winning group's share of all weight; with ``naive``, where
    candidates do not support each other, it is the winner's own score.
    """

    winner: int | None = None
    group: int | None = None
    weights: dict[int, float] = field(default_factory=dict)
    confidence: float = 0.0


def check_selection(name: str) -> Selection:
    """The name itself; raises ``ConfigurationError`` with the choices when it is not one."""
    if name not in SELECTIONS:
        raise ConfigurationError(f"select: expected one of {', '.join(SELECTIONS)}; got {name!r}")
    return name


def vote(groups: Sequence[int | None], scores: Sequence[float | None], select: Selection) -> Vote:
    """The winner among candidates, given each one's group of equal answers and its score.

    Scores are in [0, 1]; a candidate without a score votes with weight 0. Raises
    ``ConfigurationError`` for ``weighted`` and ``naive`` when no voter has a score.
    """
    check_selection(select)
    voters: dict[int, list[int]] = {}  # group -> its candidates; groups in order of appearance
    for candidate, (group, _) in enumerate(zip(groups, scores, strict=True)):
        if group is not None:
            voters.setdefault(group, []).append(candidate)
    if not voters:
        return Vote()
    if select != "majority" and all(scores[c] is None for group in voters.values() for c in group):
        raise ConfigurationError(
            f"select={select!r} needs a verifier: no candidate has a score; "
            "configure a verifier or use select='majority'"
        )
    weights = {
        group: float(_WEIGH[select]([scores[c] or 0.0 for c in members]))
        for group, members in voters.items()
    }
    if select == "naive":
        winner = _best(sorted(itertools.chain(*voters.values())), scores)
        group = cast("int", groups[winner])
        return Vote(winner, group, weights, confidence=weights[group])
    # Scores that are all zero say nothing, and then the number of votes is all there is.
    counts = {group: float(len(members)) for group, members in voters.items()}
    shares = weights if any(weights.values()) else counts
    group = max(shares, key=shares.__getitem__)
    confidence = shares[group] / sum(shares.values())
    return Vote(_best(voters[group], scores), group, weights, confidence)


def _best(candidates: Iterable[int], scores: Sequence[float | None]) -> int:
    """The best-scored candidate, the first of several."""
    return max(candidates, key=lambda c: -1.0 if (score := scores[c]) is None else score)


_WEIGH: dict[Selection, Callable[[list[float]], float]] = {
    "majority": len,
    "weighted": sum,
    "naive": max,
}
