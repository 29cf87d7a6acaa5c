"""What a journal was good for."""

from dataclasses import dataclass


@dataclass(slots=True)
class JournalStatistics:
    """What was asked of the models since the journal was opened, and what it knew already.

    ``expansions`` are requests to the generator and ``tokens`` what came back; ``scores`` are paths
    that the verifier saw. What a finished result had cost counts as replayed too.
    """

    asked_expansions: int = 0
    asked_tokens: int = 0
    asked_scores: int = 0
    replayed_expansions: int = 0
    replayed_tokens: int = 0
    replayed_scores: int = 0
    replayed_results: int = 0
