"""An id for each problem that no other one has: the seeds of its searches hang on it."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

from tts_async.types.problem import Problem


def with_unique_ids(problems: Iterable[Problem]) -> list[Problem]:
    """The same problems, the second of an id called ``id#2`` and so on."""
    seen: Counter[str] = Counter()
    unique, taken = [], set[str]()
    for problem in problems:
        name = problem.id
        while name in taken:
            seen[problem.id] += 1
            name = f"{problem.id}#{seen[problem.id] + 1}"
        taken.add(name)
        unique.append(problem if name == problem.id else replace(problem, id=name))
    return unique
