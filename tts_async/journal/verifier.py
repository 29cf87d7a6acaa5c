"""A verifier that asks the journal first."""

from collections.abc import Sequence

from tts_async.errors import InvalidScores
from tts_async.journal.keys import score_keys
from tts_async.journal.ledger import Ledger
from tts_async.types.problem import Problem
from tts_async.types.verification import ScoreRequest, StepScores, Verifier


class JournaledVerifier:
    """Scores the paths that the journal does not know, and records them.

    ``identity`` is the key of the verifier: another one never sees its scores. What is no score is
    handed on and not recorded.
    """

    def __init__(self, verifier: Verifier, identity: bytes, ledger: Ledger) -> None:
        self._verifier = verifier
        self._identity = identity
        self._ledger = ledger

    async def score(self, requests: Sequence[ScoreRequest]) -> list[StepScores]:
        """Recorded scores and new ones, in the order of the requests."""
        problems = [self._ledger.problem(request.problem) for request in requests]
        keys = score_keys(self._identity, problems, requests)
        scores: dict[bytes, StepScores] = {**await self._ledger.find_scores(keys)}
        missing = [i for i, key in enumerate(keys) if key not in scores]
        if missing:
            asked = [requests[i] for i in missing]
            answers = await self._verifier.score(asked)
            self._ledger.statistics.asked_scores += len(asked)
            if len(answers) != len(asked):
                said = f"asked to score {len(asked)} paths, got {len(answers)} answers"
                raise InvalidScores(said)
            scores.update(zip([keys[i] for i in missing], answers, strict=True))
            await self._record(
                [(r, keys[i], scores[keys[i]]) for i, r in zip(missing, asked, strict=True)]
            )
        return [scores[key] for key in keys]

    async def _record(self, scored: Sequence[tuple[ScoreRequest, bytes, StepScores]]) -> None:
        """What was scored together is a row, for each problem one."""
        rows: dict[int, tuple[Problem, list[bytes], list[StepScores]]] = {}
        for request, key, scores in scored:
            if _is_sound(scores, request):
                problem = request.problem
                _, keys, answers = rows.setdefault(id(problem), (problem, [], []))
                keys.append(key)
                answers.append(scores)
        for problem, keys, answers in rows.values():
            await self._ledger.record_scores(problem, keys, answers)

    def __repr__(self) -> str:
        return f"<JournaledVerifier {self._verifier!r}>"


def _is_sound(scores: StepScores, request: ScoreRequest) -> bool:
    if not len(scores) == len(request.steps) > 0:
        return False
    # In C, because it is done for every path. A NaN passes the first two, and spoils the sum.
    return min(scores) >= 0.0 and max(scores) <= 1.0 and sum(scores) >= 0.0
