"""The three strategies as rounds: expand everything, score everything, decide.

What lock-step implementations do, with the decisions of ``tts_async.strategies``, so that both
expand the same trees: one problem's search is an object that says what to expand next and is told
the scored children. It never waits for anything; the schedules in ``baselines`` do.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from tts_async import DVTS, BeamSearch, BestOfN, Problem
from tts_async.answers import has_final_answer
from tts_async.prompts import SYSTEM_PROMPT
from tts_async.seeds import derive_seed
from tts_async.steps import DELIMITER
from tts_async.strategies.drawing import GROUP
from tts_async.strategies.growth import grow_children, path_steps, with_scores
from tts_async.strategies.ranking import best, by_score
from tts_async.types.generation import GenerationRequest, Sampling, Step
from tts_async.types.node import Node, new_root
from tts_async.types.verification import Aggregation, ScoreRequest, StepScores

AnyStrategy = BestOfN | BeamSearch | DVTS


@dataclass(frozen=True, slots=True)
class Expansion:
    """``k`` children of a node, with ordinals from ``first`` on."""

    node: Node
    k: int
    first: int = 0


class Rounds:
    """One problem's search; ``frontier`` is empty when it is over."""

    def __init__(
        self, problem: Problem, strategy: AnyStrategy, sampling: Sampling, aggregation: Aggregation
    ) -> None:
        self.problem = problem
        self.finished: list[Node] = []
        self._strategy = strategy
        self._sampling = sampling
        self._aggregation = aggregation
        self._rounds = 0
        root = new_root()
        if isinstance(strategy, BeamSearch):
            self.frontier = [Expansion(root, strategy.n)]
        else:
            width = strategy.beam_width if isinstance(strategy, DVTS) else GROUP
            starts = range(0, strategy.n, width)
            self.frontier = [Expansion(root, width, first) for first in starts]

    @property
    def to_end(self) -> bool:
        """Whether this round runs to the end of the answers."""
        strategy = self._strategy
        return isinstance(strategy, BestOfN) or self._rounds == strategy.max_steps - 1

    def requests(self) -> list[GenerationRequest]:
        """This round's expansions, as the solver would ask for them."""
        return [
            GenerationRequest(
                problem=self.problem,
                system_prompt=SYSTEM_PROMPT,
                steps=tuple(above.text for above in expansion.node.lineage()),
                token_ids=tuple(t for above in expansion.node.lineage() for t in above.token_ids),
                n=expansion.k,
                stop=None if self.to_end else DELIMITER,
                sampling=self._sampling,
                seed=derive_seed(0, self.problem.id, expansion.node.path, expansion.first),
            )
            for expansion in self.frontier
        ]

    def grow(self, answers: Sequence[Sequence[Step]]) -> list[list[Node]]:
        """The children of every expansion of this round."""
        return [
            grow_children(
                expansion.node, expansion.first, expansion.k, steps, is_final=has_final_answer
            )
            for expansion, steps in zip(self.frontier, answers, strict=True)
        ]

    def to_score(self, grown: Sequence[Sequence[Node]]) -> list[Node]:
        """Which children the verifier has to see; Best-of-N never looks at truncated answers."""
        only_finished = isinstance(self._strategy, BestOfN)
        return [
            child
            for children in grown
            for child in children
            if child.text.strip() and (child.finished or not only_finished)
        ]

    def score_requests(self, nodes: Sequence[Node]) -> list[ScoreRequest]:
        """The paths of nodes."""
        steps = path_steps(nodes)
        return [ScoreRequest(self.problem, steps[node.path]) for node in nodes]

    def advance(
        self,
        grown: Sequence[Sequence[Node]],
        asked: Sequence[Node],
        requests: Sequence[ScoreRequest],
        scores: Sequence[StepScores],
    ) -> None:
        """Decide what to expand in the next round."""
        scored = {n.path: n for n in with_scores(asked, requests, scores, self._aggregation)}
        groups = [[scored.get(child.path, child) for child in children] for children in grown]
        self.finished += [child for children in groups for child in children if child.finished]
        self._rounds += 1
        if isinstance(self._strategy, DVTS):
            self.frontier = self._descend(groups, self._strategy)
        elif isinstance(self._strategy, BeamSearch):
            self.frontier = self._survive(groups, self._strategy)
        else:
            self.frontier = []
        if self._rounds == getattr(self._strategy, "max_steps", 1):
            self.frontier = []

    def _descend(self, groups: Sequence[Sequence[Node]], strategy: DVTS) -> list[Expansion]:
        whole = [[child for child in children if child.finish != "length"] for children in groups]
        chosen = [max(children, key=by_score) for children in whole if children]
        return [Expansion(node, strategy.beam_width) for node in chosen if node.expandable]

    def _survive(self, groups: Sequence[Sequence[Node]], strategy: BeamSearch) -> list[Expansion]:
        children = (child for group in groups for child in group if child.expandable)
        beams = best(children, strategy.n // strategy.beam_width)
        if not beams:
            return []
        share, rest = divmod(strategy.n, len(beams))
        return [Expansion(beam, share + (i < rest)) for i, beam in enumerate(beams)]
