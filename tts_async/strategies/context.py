"""What a strategy holds in its hands: expand, score, and nothing else.

Everything a search needs besides the algorithm happens here once: seeds by place in the tree,
slots in the two lanes, budgets, events, and the checks on what generators and verifiers return.
"""

import asyncio
import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import chain

from tts_async.answers import AnswerChecker, Selection
from tts_async.errors import ConfigurationError
from tts_async.seeds import derive_rng, derive_seed
from tts_async.steps import DELIMITER, split_steps
from tts_async.strategies.growth import (
    Split,
    goes_on,
    grow_children,
    path_steps,
    with_scores,
)
from tts_async.strategies.speculation import Speculation
from tts_async.types.budget import Account, Budget, Spend
from tts_async.types.events import (
    Event,
    ExpansionFinished,
    ExpansionQueued,
    ExpansionStarted,
    ScoringFinished,
    ScoringQueued,
    ScoringStarted,
)
from tts_async.types.generation import GenerationRequest, Generator, Recall, Sampling, Step
from tts_async.types.node import Node, Path
from tts_async.types.problem import Problem
from tts_async.types.scheduling import Slots, Urgency
from tts_async.types.tree import Tree
from tts_async.types.verification import Aggregation, ScoreRequest, Verifier


@dataclass(frozen=True, slots=True, kw_only=True)
class Resources:
    """What all searches of a solver share; ``recall`` knows what was drawn another day."""

    generator: Generator
    verifier: Verifier | None
    generation_lane: Slots
    verification_lane: Slots
    checker: AnswerChecker
    recall: Recall | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How one search runs; ``age`` is its place in the order of admission, and its number.

    ``run``: what the searches of one run may spend together. ``speculate``: draw ahead while
    scores are on their way, where slots are free.
    """

    sampling: Sampling
    aggregation: Aggregation
    system_prompt: str | None
    budget: Budget
    seed: int
    age: int
    run: Account | None = None
    speculate: bool = False


class Context:
    """One search: its tree, what it spent, and the two things a strategy can ask for.

    ``rng`` is the only randomness a strategy may use of its own. A strategy that decides under way
    how the vote is taken says so in ``select``, which goes before its own attribute of that name;
    one that goes on with another strategy says with which in ``chosen``.
    """

    def __init__(
        self,
        problem: Problem,
        resources: Resources,
        settings: Settings,
        emit: Callable[[Event], None],
    ) -> None:
        self.problem = problem
        self.tree = Tree()
        self.select: Selection | None = None
        self.chosen: str | None = None
        self._account = Account(settings.budget, settings.run)
        self.rng: random.Random = derive_rng(settings.seed, problem.id, "strategy")
        self._resources = resources
        self._settings = settings
        self._search = settings.age
        self._emit = emit
        self._speculation = (
            Speculation(resources.generator, resources.generation_lane)
            if settings.speculate
            else None
        )
        self._now = asyncio.get_running_loop().time

    @property
    def spend(self) -> Spend:
        """What the search cost so far."""
        return self._account.spend

    @property
    def root(self) -> Node:
        """The empty path."""
        return self.tree.root

    async def expand(
        self,
        node: Node,
        k: int = 1,
        *,
        to_end: bool = False,
        temperature: float | None = None,
        detached: bool = False,
        logprobs: bool = False,
        ends_at_answer: bool = True,
    ) -> list[Node]:
        """Draw ``k`` continuations of a node: one step each, or with ``to_end`` the whole rest.

        The children are ordered by ordinal. ``detached`` children (lookahead) never enter the
        tree and never vote. With ``logprobs`` each has the log-probability of every token that was
        sampled for it. ``ends_at_answer``: a step that holds a complete final answer ends its
        path. Raises ``BudgetExhausted`` and ``GenerationError``.
        """
        if k < 1:
            raise ConfigurationError(f"expand: k must be at least 1, got {k}")
        if not node.expandable:
            raise ConfigurationError(f"expand: {node!r} has ended; expand unfinished nodes only")
        self._account.check()
        self._account.charge(expansions=1)
        node = self.tree.newest(node)
        # Reserved before the first await: places, and so seeds, follow the algorithm's order.
        first = -k if detached else self.tree.reserve(node, k)
        stop = None if to_end else DELIMITER
        sampling = self._sampling(temperature)
        request = self._request(node, first, k, stop, sampling, logprobs=logprobs)
        self._emit(
            ExpansionQueued(
                problem_id=self.problem.id, search=self._search, at=self._now(), path=node.path, k=k
            )
        )
        steps = await self._known_steps(request)
        if steps is None:
            steps = await self._draw(request, node.path)
        is_final = self._resources.checker.is_final if ends_at_answer else goes_on
        children = grow_children(node, first, k, steps, is_final=is_final, logprobs=logprobs)
        self._account.charge(tokens=sum(child.tokens for child in children))
        if not detached:
            self.tree.put(children)
        self._emit(
            ExpansionFinished(
                problem_id=self.problem.id,
                search=self._search,
                at=self._now(),
                path=node.path,
                children=tuple(children),
                detached=detached,
            )
        )
        return children

    async def score(
        self, nodes: Sequence[Node], *, then: int = 0, split: Split = split_steps
    ) -> list[Node]:
        """The same nodes with ``step_scores`` and ``score`` filled in.

        ``then``: how many continuations the best of them will be asked for next. A solver that
        speculates draws them while the scores are on their way, where slots are free; ``prune``
        says which nodes will not be continued after all. ``split`` cuts a node's text into the
        steps that are scored; an empty one at its end counts where the path ends. Nodes that have
        a score already cost nothing. Raises ``BudgetExhausted``, ``VerificationError``, and
        ``ConfigurationError`` when the solver has no verifier.
        """
        verifier = self._resources.verifier
        if verifier is None:
            raise ConfigurationError(
                "verifier: this strategy scores steps and the solver has no verifier; "
                "pass Solver(verifier=...), or use greedy or majority"
            )
        nodes = [self.tree.newest(node) for node in nodes]
        paths = path_steps([node for node in nodes if node.step_scores is None], split)
        unscored = [node for node in nodes if paths.get(node.path)]
        if not unscored:
            return nodes
        self._account.check()
        self._account.charge(verifier_calls=len(unscored))
        if self._speculation and then:
            self._draw_ahead(unscored, then)
        requests = [
            ScoreRequest(self.problem, paths[node.path], self.problem.priority) for node in unscored
        ]
        count, depth = len(unscored), max(node.depth for node in unscored)
        self._emit(
            ScoringQueued(
                problem_id=self.problem.id, search=self._search, at=self._now(), paths=count
            )
        )
        asked = self._now()
        async with self._resources.verification_lane.slots(count, self._urgency(depth)):
            self.spend.queued_seconds += self._now() - asked
            self._emit(
                ScoringStarted(
                    problem_id=self.problem.id, search=self._search, at=self._now(), paths=count
                )
            )
            answers = await verifier.score(requests)
        scored = with_scores(unscored, requests, answers, self._settings.aggregation, split)
        self.spend.steps_scored += sum(len(node.step_scores or ()) for node in scored)
        self.tree.put(node for node in scored if node.path in self.tree)
        self._emit(
            ScoringFinished(
                problem_id=self.problem.id, search=self._search, at=self._now(), nodes=tuple(scored)
            )
        )
        newest: dict[Path, Node] = {node.path: node for node in scored}
        return [newest.get(node.path, node) for node in nodes]

    async def group_answers(self, nodes: Sequence[Node]) -> list[int | None]:
        """One number per node, the same for answers that are equal (mathematically, as a rule).

        ``None`` for a node whose text has no answer. Raises ``WorkerError`` and ``AnswerError``.
        """
        checker = self._resources.checker
        return await checker.group(await checker.extract([node.full_text for node in nodes]))

    def prune(self, nodes: Iterable[Node]) -> None:
        """These nodes will not be continued: stop what was begun for them ahead of time."""
        if self._speculation:
            self._speculation.drop(node.path for node in nodes)

    async def aclose(self) -> None:
        """End what was begun ahead of time; the solver calls it when the search is over."""
        if self._speculation:
            await self._speculation.aclose()
            self.spend.wasted_tokens += self._speculation.wasted_tokens

    async def _known_steps(self, request: GenerationRequest) -> Sequence[Step] | None:
        """What was begun ahead of time or is in the journal: neither waits for a slot."""
        steps = await self._speculation.adopt(request) if self._speculation else None
        if steps is None and self._resources.recall is not None:
            steps = await self._resources.recall(request)
        return steps

    async def _draw(self, request: GenerationRequest, path: Path) -> Sequence[Step]:
        """What the generator says, when there is room for it."""
        k, asked = request.n, self._now()
        async with self._resources.generation_lane.slots(k, self._urgency(len(path))) as hold:
            self.spend.queued_seconds += self._now() - asked
            self._emit(
                ExpansionStarted(
                    problem_id=self.problem.id, search=self._search, at=self._now(), path=path, k=k
                )
            )
            steps = await self._resources.generator.generate(request)
            hold.work = sum(step.tokens for step in steps)
        return steps

    def _draw_ahead(self, nodes: Sequence[Node], k: int) -> None:
        sampling = self._sampling(None)
        for node in nodes:
            if node.expandable and self._speculation:
                first = self.tree.reserved(node)
                request = self._request(node, first, k, DELIMITER, sampling)
                self._speculation.begin(node.path, request)

    def _request(
        self,
        node: Node,
        first: int,
        k: int,
        stop: str | None,
        sampling: Sampling,
        *,
        logprobs: bool = False,
    ) -> GenerationRequest:
        lineage = node.lineage()
        return GenerationRequest(
            problem=self.problem,
            system_prompt=self._settings.system_prompt,
            steps=tuple([above.text for above in lineage]),
            token_ids=tuple(chain.from_iterable([above.token_ids for above in lineage])),
            n=k,
            stop=stop,
            sampling=sampling,
            seed=derive_seed(self._settings.seed, self.problem.id, node.path, first),
            priority=self.problem.priority,
            logprobs=logprobs,
        )

    def _sampling(self, temperature: float | None) -> Sampling:
        sampling = self._settings.sampling
        if temperature is None:
            return sampling
        return Sampling(temperature, sampling.top_p, sampling.max_tokens)

    def _urgency(self, depth: int) -> Urgency:
        return Urgency(self.problem.priority, self._settings.age, -depth, self.problem.tenant)
