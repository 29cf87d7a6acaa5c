"""The beginnings that the finished answers of a search share, as a tree of steps.

A search tree may hold a whole answer in one node, and the same step in several. Here every node is
one step, and equal beginnings are one, whatever strategy drew them.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from statistics import fmean

from tts_async.training.from_search.judging import Basis, FinishedAnswer


@dataclass(slots=True)
class Beginning:
    """Some first steps, the answers that begin so, and the beginnings that are a step longer.

    An answer that ends with a step and one that goes on after it are told apart.
    """

    steps: tuple[str, ...] = ()
    answers: list[FinishedAnswer] = field(default_factory=list)
    longer: dict[tuple[str, bool], "Beginning"] = field(default_factory=dict)

    def value(self, by: Basis) -> float:
        """In [0, 1]: by the reference, the share of its answers that are right (Monte Carlo).

        By score, their mean score.
        """
        return fmean(answer.worth(by) for answer in self.answers)

    def best(self, by: Basis) -> FinishedAnswer:
        """The answer of most worth, and of those the one with the best score."""
        return max(self.answers, key=lambda answer: (answer.worth(by), answer.score or 0.0))

    def worst(self, by: Basis) -> FinishedAnswer:
        """The answer of least worth."""
        return min(self.answers, key=lambda answer: answer.worth(by))

    def towards(self, answer: FinishedAnswer) -> Iterator["Beginning"]:
        """The beginnings of one of the answers, a step longer each, up to all of it."""
        here = self
        for number, step in enumerate(answer.steps, 1):
            here = here.longer[step, number == len(answer.steps)]
            yield here

    def __iter__(self) -> Iterator["Beginning"]:
        """This beginning and all the longer ones, depth first."""
        waiting = [self]
        while waiting:
            here = waiting.pop()
            yield here
            waiting += reversed(here.longer.values())


def grow_beginnings(answers: Iterable[FinishedAnswer]) -> Beginning:
    """The empty beginning, with all the others above it."""
    root = Beginning()
    for answer in answers:
        here = root
        here.answers.append(answer)
        for number, step in enumerate(answer.steps, 1):
            place = step, number == len(answer.steps)
            if place not in here.longer:
                here.longer[place] = Beginning((*here.steps, step))
            here = here.longer[place]
            here.answers.append(answer)
    return root
