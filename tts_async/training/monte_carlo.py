"""Monte-Carlo labels: a step is right when the right answer can still be reached from it.

Wang et al. 2023, "Math-Shepherd: Verify and Reinforce LLMs Step-by-step without Human Annotations",
section 3.2. From the prefix that ends with a step, the generator draws k completions. The *hard*
label of the step says whether some of them reach the right answer, the *soft* label is the share
that does. Nothing is drawn beyond a prefix from which none does: the first wrong step is found.

The solutions themselves are completions of their own prefixes, drawn by the same generator, so
they are counted with the k. And solutions with the same beginning share its prefixes, and so the
work. That makes this a search like any other: a strategy, whose tree holds the prefixes, and in
them the shares as scores.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from tts_async.answers import AnswerChecker, extract_answer
from tts_async.concurrency import gather
from tts_async.strategies import Context
from tts_async.training.solutions import Solution
from tts_async.types.node import Node, Path
from tts_async.types.tree import Tree


@dataclass(frozen=True)
class MonteCarlo:
    """Scores every prefix of ``solutions`` (by problem id) with its share of right completions.

    Not ``soft``, a prefix of a right solution scores 1 without a draw: some completion gets there.
    """

    solutions: Mapping[str, Sequence[Solution]] = field(repr=False)
    checker: AnswerChecker = field(repr=False)
    k: int = 8
    soft: bool = False

    async def __call__(self, ctx: Context) -> Sequence[Node]:
        """No candidates: the outcome is the scores in the tree."""
        prefixes = Prefixes(ctx.tree, self.solutions[ctx.problem.id])
        await gather(*(self.follow(ctx, node, prefixes) for node in prefixes.after(ctx.root)))
        return []

    async def follow(self, ctx: Context, node: Node, prefixes: "Prefixes") -> None:
        """Score a prefix and, unless it is hopeless, those that go on from it."""
        share = await self.share(ctx, node, prefixes)
        ctx.tree.put([replace(node, score=share)])
        if share > 0:
            await gather(*(self.follow(ctx, child, prefixes) for child in prefixes.after(node)))

    async def share(self, ctx: Context, node: Node, prefixes: "Prefixes") -> float:
        """The share of right answers among all known continuations of a prefix."""
        right = [solution.correct for solution in prefixes.through(node)]
        if node.finished:
            return float(all(right))
        if any(right) and not self.soft:
            return 1.0
        completions = await ctx.expand(node, self.k, to_end=True)
        right += [await self.is_right(ctx, completion) for completion in completions]
        return sum(right) / len(right)

    async def is_right(self, ctx: Context, completion: Node) -> bool:
        """Whether a completion ends, and with the reference answer."""
        answer = extract_answer(completion.full_text) if completion.finished else None
        gold = ctx.problem.answer
        return answer is not None and gold is not None and await self.checker.equal(gold, answer)


class Prefixes:
    """The beginnings of some solutions as nodes of a tree, equal ones as one node."""

    def __init__(self, tree: Tree, solutions: Sequence[Solution]) -> None:
        self._tree = tree
        self._after: dict[Path, list[Node]] = defaultdict(list)
        self._through: dict[Path, list[Solution]] = defaultdict(list)
        self.paths = [self._plant(solution) for solution in solutions]
        """The places of each solution's prefixes, shortest first."""

    def after(self, node: Node) -> list[Node]:
        """The prefixes that are one step longer."""
        return self._after[node.path]

    def through(self, node: Node) -> list[Solution]:
        """The solutions that begin so."""
        return self._through[node.path]

    def _plant(self, solution: Solution) -> list[Path]:
        node, paths = self._tree.root, []
        steps = solution.whole_steps
        for number, step in enumerate(steps, 1):
            is_end = number == len(steps) and solution.finish == "stop"
            node = self._child(node, step, is_end=is_end)
            self._through[node.path].append(solution)
            paths.append(node.path)
        return paths

    def _child(self, parent: Node, step: str, *, is_end: bool) -> Node:
        for child in self._after[parent.path]:
            if (child.text, child.finished) == (step, is_end):
                return child
        ordinal = self._tree.reserve(parent, 1)
        child = Node(
            parent=parent,
            path=(*parent.path, ordinal),
            text=step,
            finish="stop" if is_end else "step",
        )
        self._tree.put([child])
        self._after[parent.path].append(child)
        return child
