"""Whether a vote is over before all votes are in.

*Exactly*: every candidate to come adds at most 1 to one group, since scores lie in [0, 1]; when
even all of them together could not bring the runner-up level with the leader, the winning answer
is known. *Statistically*: the votes so far are a sample of what the model tends to answer, and
the chance that the leader really is more frequent than the runner-up can be computed (the Beta
criterion of Aggarwal et al. 2023, "Let's Sample Step by Step: Adaptive-Consistency for Efficient
Reasoning and Coding with LLMs").
"""

import sys
from collections import Counter
from collections.abc import Sequence
from math import comb

from tts_async.answers.vote import Selection, vote

_NEWCOMER = sys.maxsize  # an answer that nobody gave yet: groups are numbered as they appear


def is_settled(
    groups: Sequence[int | None],
    scores: Sequence[float | None],
    select: Selection,
    remaining: int,
) -> bool:
    """Whether no outcome of ``remaining`` further candidates can change the winning group.

    ``groups`` and ``scores`` as for ``vote``, groups numbered in order of appearance: ties go to
    the first of them.
    """
    if remaining == 0:
        return True
    if select != "majority" and not any(scores):
        return False
    outcome = vote(groups, scores, select)
    if outcome.group is None:
        return False
    if select == "naive":
        return outcome.weights[outcome.group] >= 1.0  # nothing scores higher; the first wins ties
    lead = outcome.weights.pop(outcome.group)
    rivals = {**outcome.weights, _NEWCOMER: 0.0}
    if select == "weighted":  # sums of scores: rounding could turn a tie either way
        return lead > max(rivals.values()) + remaining
    return all(
        lead > votes + remaining or (lead == votes + remaining and outcome.group < rival)
        for rival, votes in rivals.items()
    )


def chance_of_lead(groups: Sequence[int | None]) -> float:
    """The probability that the leading group is more frequent than the second, votes to come.

    With a uniform prior on the leader's share among the two, and ``v1 >= v2`` votes, that share
    is Beta(v1 + 1, v2 + 1) distributed; this is the mass above one half.
    """
    votes = Counter(group for group in groups if group is not None)
    first, second = [*(count for _, count in votes.most_common(2)), 0, 0][:2]
    total = first + second + 1
    return float(sum(comb(total, wins) for wins in range(first + 1)) / 2**total)
