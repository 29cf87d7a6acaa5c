"""One search as a live view knows it: its line, its tree, its outcome."""

import re
from itertools import islice
from typing import Final

from tts_async.observe.hub.frames import (
    CandidateRecord,
    OutcomeRecord,
    SearchRecord,
    TreeRecord,
    VotesRecord,
)
from tts_async.observe.hub.growing_tree import MOST_NODES, GrowingTree
from tts_async.observe.hub.text import shown
from tts_async.observe.hub.typeset_answers import typeset_answers
from tts_async.types.events import (
    Event,
    ExpansionFinished,
    ExpansionQueued,
    ExpansionStarted,
    ScoringFinished,
    SearchCancelled,
    SearchFailed,
    SearchFinished,
    SearchStarted,
)
from tts_async.types.result import Result

LONGEST_PROBLEM: Final = 4_000
LONGEST_ANSWER: Final = 200
LONGEST_USER: Final = 100
MOST_CANDIDATES: Final = 1_000
_STRATEGY: Final = re.compile(r"<?(?:function )?<?([\w.]+)")
_N: Final = re.compile(r"[(,] ?n=(\d+)")


class WatchedSearch:
    """Takes the events of one search, from the first; ``version`` only ever grows."""

    def __init__(self, event: SearchStarted) -> None:
        self.tenant = event.problem.tenant
        user = event.problem.metadata.get("user")
        self.record = SearchRecord(
            search=event.search,
            problem=shown(event.problem.text, LONGEST_PROBLEM),
            strategy=_label(event.strategy),
            started=event.at,
            user=shown(user, LONGEST_USER) if isinstance(user, str) else None,
        )
        self._tree = GrowingTree()
        self._outcome: OutcomeRecord | None = None
        self._ended_at = 0
        self._has_answer_scores = False
        self._is_typeset = False

    @property
    def running(self) -> bool:
        """Whether it has not ended yet."""
        return self.record.state == "running"

    def take(self, event: Event, version: int) -> None:
        """What has happened."""
        record, tree = self.record, self._tree
        match event:
            case ExpansionQueued():
                tree.asked(event.path, event.k, version)
            case ExpansionStarted():
                record.begun = True
            case ExpansionFinished():
                children = () if event.detached else event.children
                tree.grew(event.path, len(event.children), children, version)
                record.tokens += sum(child.tokens for child in event.children)
                record.nodes += len(children)
                record.depth = max(record.depth, *(child.depth for child in children), 0)
                record.answers += sum(child.finished for child in children)
            case ScoringFinished():
                tree.put_scores(event.nodes, version)
                self._see_scores(event)
            case SearchFinished():
                self._finish(event.result, version)
                self._end("finished", event.at, version)
            case SearchFailed():
                record.error = type(event.error).__name__  # its words name servers and folders
                self._end("failed", event.at, version)
            case SearchCancelled():
                self._end("cancelled", event.at, version)

    def tree(self, seen: int) -> TreeRecord | None:
        """What of the tree is new after that version, ``None`` when nothing is."""
        ended = self._ended_at > seen
        if seen and self._tree.changed_at <= seen and not ended:
            return None
        return TreeRecord(
            search=self.record.search,
            nodes=self._tree.since(seen),
            growing=self._tree.growing if self.running else 0,
            outcome=self._typeset_outcome() if ended else None,
        )

    def _typeset_outcome(self) -> OutcomeRecord | None:
        """Typeset once somebody looks, and once only."""
        outcome = self._outcome
        if outcome is not None and not self._is_typeset:
            votes = sorted(outcome.votes, key=lambda group: -group.weight)
            outcome.mathml = typeset_answers(group.answer for group in votes)
            self._is_typeset = True
        return outcome

    def _see_scores(self, event: ScoringFinished) -> None:
        record = self.record
        answers = [node.score for node in event.nodes if node.finished and node.score is not None]
        if answers:
            so_far = [record.best] if self._has_answer_scores and record.best is not None else []
            record.best = max(*answers, *so_far, 0.0)
            self._has_answer_scores = True
        elif not self._has_answer_scores:
            scores = (node.score for node in event.nodes if node.score is not None)
            record.best = max(scores, default=None)

    def _finish(self, result: Result, version: int) -> None:
        record = self.record
        if not len(self._tree) and len(result.tree):  # recalled from a journal, all at once
            self._tree.put(islice(result.tree, MOST_NODES), version)
            record.nodes = len(result.tree)
            record.depth = max(node.depth for node in result.tree)
            record.answers = len(result.candidates)
        record.tokens = result.spend.tokens
        record.answer = None if result.answer is None else shown(result.answer, LONGEST_ANSWER)
        record.confidence = result.confidence
        record.stop_reason = result.stop_reason
        scores = [voter.score for voter in result.candidates if voter.score is not None]
        record.best = max(scores, default=record.best)
        self._outcome = self._outcome_of(result)

    def _outcome_of(self, result: Result) -> OutcomeRecord:
        numbered = [(self._tree.number(voter.path), voter) for voter in result.candidates]
        winner = result.winner
        return OutcomeRecord(
            stood=len(result.candidates),
            candidates=[
                CandidateRecord(
                    number=number,
                    group=voter.group,
                    answer=None if voter.answer is None else shown(voter.answer, LONGEST_ANSWER),
                )
                for number, voter in numbered[:MOST_CANDIDATES]
                if number is not None
            ],
            votes=[
                VotesRecord(
                    answer=shown(votes.answer, LONGEST_ANSWER),
                    count=votes.count,
                    weight=round(votes.weight, 4),
                )
                for votes in result.votes[:MOST_CANDIDATES]
            ],
            spend=result.spend.to_dict(),
            seed=result.seed,
            winner=None if winner is None else self._tree.number(winner.path),
        )

    def _end(self, state: str, at: float, version: int) -> None:
        self.record.state = state  # type: ignore[assignment]
        self.record.ended = at
        self._ended_at = version


def _label(strategy: str) -> str:
    """``DVTS(n=16, beam_width=4, …)`` as ``DVTS, n = 16``."""
    name = _STRATEGY.match(strategy)
    n = _N.search(strategy)
    label = name[1] if name else strategy
    return shown(label if n is None else f"{label}, n = {n[1]}", 60)
