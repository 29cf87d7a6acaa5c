"""``JudgeVerifier`` against a server whose answers the test writes."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

import openai
import pytest

from tests.generation.fake_server import OPENAI, Delay, FakeServer, Naps, Status
from tts_async import BestOfN, ConfigurationError, Problem, ScoreRequest, Solver
from tts_async.errors import VerificationError, VerifierUnavailable
from tts_async.generation import RetryPolicy
from tts_async.testing import ScriptedGenerator
from tts_async.verifiers import JudgeVerifier

CHAT = "/v1/chat/completions"
PROBLEM = Problem("What is 2+3+4?")
STEPS = ("2+3 = 5\n\n", "5+4 = 9\n\n", "It is 9.")


def grades(*scores: int) -> str:
    """What a judge should say."""
    return json.dumps({"reasoning": "as asked", "scores": scores})


def asked_steps(body: Any) -> range:
    """The steps that a question is about, counted from 1; the whole counts as one."""
    task = body["messages"][1]["content"].rpartition("Grade step")[2].strip("s :").split(":")[0]
    numbers = [int(word) for word in task.split() if word.isdigit()] or [1]
    return range(numbers[0], numbers[-1] + 1)


def by_number(body: Any) -> str:
    """Step i gets the grade i."""
    return grades(*asked_steps(body))


class JudgeServer(FakeServer):
    """Answers chats with what ``says`` makes of their body."""

    def __init__(self, says: Callable[[Any], str] = by_number) -> None:
        super().__init__(extras=OPENAI)
        self.says = says
        self.refuses_schema = False

    def _chat(self, body: Any) -> tuple[int, Any]:
        if self.refuses_schema and "response_format" in body:
            return 400, {"error": {"message": "unknown field response_format"}}
        message = {"role": "assistant", "content": self.says(body)}
        usage = {"prompt_tokens": 100, "completion_tokens": 10}
        return 200, {"choices": [{"message": message, "finish_reason": "stop"}], "usage": usage}

    def bodies_of_chat(self) -> list[Any]:
        """What was asked."""
        return self.bodies(CHAT)


class Script:
    """One answer after the other; the last one again and again."""

    def __init__(self, *answers: str) -> None:
        self.answers = list(answers)

    def __call__(self, _body: Any) -> str:
        """The next answer."""
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


async def test_every_step_of_a_path() -> None:
    """One question, one grade per step, a tenth of it as the score."""
    async with JudgeServer() as server, JudgeVerifier(server.base_url) as judge:
        assert await judge.score([ScoreRequest(PROBLEM, STEPS)]) == [(0.1, 0.2, 0.3)]
        [body] = server.bodies_of_chat()
        assert {key: body[key] for key in ("model", "temperature", "max_tokens")} == {
            "model": "tiny",
            "temperature": 0.0,
            "max_tokens": 1024,
        }
        assert body["response_format"]["type"] == "json_schema"
        assert (judge.aggregation, judge.model) == ("min", "tiny")


async def test_a_search_pays_for_new_steps_only() -> None:
    """Siblings keep their parent's grade; equal paths and known ones are not asked about again."""
    async with JudgeServer() as server, JudgeVerifier(server.base_url) as judge:
        await judge.score([ScoreRequest(PROBLEM, STEPS[:1])])
        siblings = [ScoreRequest(PROBLEM, (STEPS[0], other)) for other in ("a", "b", "b")]
        assert await judge.score(siblings) == [(0.1, 0.2)] * 3
        assert await judge.score([*siblings, ScoreRequest(PROBLEM, ())]) == [(0.1, 0.2)] * 3 + [()]
        asked = [asked_steps(body) for body in server.bodies_of_chat()]
        assert asked == [range(1, 2), range(2, 3), range(2, 3)]
        assert judge.statistics().answers == 3
        assert judge.statistics().completion_tokens == 30


async def test_the_solution_as_a_whole() -> None:
    """One grade, which stands for every step; by the caller's rubric."""
    async with (
        JudgeServer(Script(grades(8))) as server,
        JudgeVerifier(server.base_url, stepwise=False, rubric="Is it short?") as judge,
    ):
        assert await judge.score([ScoreRequest(PROBLEM, STEPS)]) == [(0.8, 0.8, 0.8)]
        [body] = server.bodies_of_chat()
        assert body["messages"][0]["content"].startswith("Is it short?\n")
        assert judge.aggregation == "last"


async def test_several_opinions_are_averaged() -> None:
    """Each drawn with a seed of its own."""
    async with (
        JudgeServer(Script(grades(10), grades(4), grades(7))) as server,
        JudgeVerifier(server.base_url, samples=3, temperature=0.7) as judge,
    ):
        [[score]] = await judge.score([ScoreRequest(PROBLEM, STEPS[:1])])
        assert score == pytest.approx(0.7)
        assert len({body["seed"] for body in server.bodies_of_chat()}) == 3


async def test_an_answer_without_grades_is_asked_again() -> None:
    """With what was wrong about it, so that the same model can do better."""
    async with (
        JudgeServer(Script("Looks good to me!", grades(3))) as server,
        JudgeVerifier(server.base_url) as judge,
    ):
        assert await judge.score([ScoreRequest(PROBLEM, STEPS[:1])]) == [(0.3,)]
        first, second = server.bodies_of_chat()
        assert second["messages"][:2] == first["messages"]
        assert second["messages"][2] == {"role": "assistant", "content": "Looks good to me!"}
        assert second["messages"][3]["content"].startswith("your answer has no JSON object")
        assert judge.statistics().repeats == 1


async def test_a_judge_that_gives_no_grades_is_an_error() -> None:
    """After as many answers as allowed, with its last words; and nothing is remembered."""
    async with (
        JudgeServer(Script("No.")) as server,
        JudgeVerifier(server.base_url, attempts=2) as judge,
    ):
        with pytest.raises(VerificationError, match=r"no grades in 2 answers.*JSON.*'No\.'"):
            await judge.score([ScoreRequest(PROBLEM, STEPS)])
        server.says = by_number
        assert await judge.score([ScoreRequest(PROBLEM, STEPS)]) == [(0.1, 0.2, 0.3)]


async def test_a_server_without_structured_output() -> None:
    """It is tried once; from then on the grades are read from the text."""
    async with JudgeServer() as server, JudgeVerifier(server.base_url) as judge:
        server.refuses_schema = True
        server.says = lambda body: f"Sure! ```json\n{by_number(body)}\n```"
        for count in (1, 2):
            await judge.score([ScoreRequest(PROBLEM, STEPS[:count])])
        formats = ["response_format" in body for body in server.bodies_of_chat()]
        assert formats == [True, False, False]
        [report] = await judge.check()
        assert report.ok
        assert [(f.name, f.works) for f in report.features] == [
            ("grades", True),
            ("structured output", False),
        ]


async def test_a_request_that_the_server_refuses_is_its_own_error() -> None:
    """A refusal that has nothing to do with the format is not taken for one."""
    async with JudgeServer() as server, JudgeVerifier(server.base_url) as judge:
        refusal = Status(403, {"error": "not for you"})
        server.fail(CHAT, refusal, refusal)
        with pytest.raises(VerificationError, match="not for you"):
            await judge.score([ScoreRequest(PROBLEM, STEPS)])
        await judge.score([ScoreRequest(PROBLEM, STEPS)])
        assert "response_format" in server.bodies_of_chat()[-1]


async def test_trouble_passes() -> None:
    """429 and 500 are retried like everywhere; a server that stays away is unavailable."""
    naps = Naps()
    async with (
        JudgeServer() as server,
        JudgeVerifier(server.base_url, retry=naps.policy(attempts=3)) as judge,
    ):
        server.fail(CHAT, Status(429), Status(500))
        assert await judge.score([ScoreRequest(PROBLEM, STEPS[:1])]) == [(0.1,)]
        assert judge.statistics().retries == 2
        await server.stop()
        with pytest.raises(VerifierUnavailable, match="3 attempts"):
            await judge.score([ScoreRequest(PROBLEM, STEPS)])


async def test_a_server_that_is_not_there() -> None:
    """Found out when it is opened."""
    with pytest.raises(VerifierUnavailable, match="start the server, or correct base_url"):
        async with JudgeVerifier("http://127.0.0.1:9/v1"):
            pass
    with pytest.raises(VerifierUnavailable, match="not open"):
        await JudgeVerifier("http://127.0.0.1:9/v1").score([ScoreRequest(PROBLEM, STEPS)])


async def test_cancelling_closes_the_requests() -> None:
    """Nothing is judged for a search that is over."""
    async with JudgeServer() as server, JudgeVerifier(server.base_url) as judge:
        server.fail(CHAT, *[Delay()] * 4)
        requests = [ScoreRequest(Problem(f"{i}?"), STEPS) for i in range(4)]
        scoring = asyncio.create_task(judge.score(requests))  # type: ignore[arg-type]
        await server.until_running(4)
        scoring.cancel()
        with pytest.raises(asyncio.CancelledError):
            await scoring
        await server.until_running(0)


async def test_the_callers_own_client() -> None:
    """It brings its address and key, and is not closed."""
    async with (
        JudgeServer() as server,
        openai.AsyncOpenAI(base_url=server.base_url, api_key="sk-of-the-caller") as client,
    ):
        async with JudgeVerifier(client=client, model="tiny") as judge:
            assert await judge.score([ScoreRequest(PROBLEM, STEPS[:1])]) == [(0.1,)]
        assert server.headers["Authorization"] == "Bearer sk-of-the-caller"
        assert not client.is_closed()


async def test_a_model_that_judges_itself() -> None:
    """``verifier="self"`` asks the generator's server, and is good for a whole search."""
    async with JudgeServer(Script(grades(9))) as server:
        async with Solver(base_url=server.base_url, verifier="self", model="tiny") as solver:
            server.says = lambda body: (
                grades(9) if "scores" in body["messages"][0]["content"] else r"$\boxed{9}$"
            )
            result = await solver.solve(PROBLEM, strategy=BestOfN(n=2))
            assert result.answer == "9"
            assert [candidate.score for candidate in result.candidates] == [0.9, 0.9]
        report = await Solver(base_url=server.base_url, verifier="self").check()
        assert report.services[1].kind == "language model as a judge"


async def test_a_check_of_a_judge_that_cannot() -> None:
    """Said with the fix; a server that is gone is gone."""
    async with JudgeServer(Script("No.")) as server:
        retry = RetryPolicy(attempts=1)
        async with JudgeVerifier(server.base_url, retry=retry) as judge:
            [report] = await judge.check()
            assert not report.ok
            assert report.missing[0].name == "grades"
            assert "no grades in 3 answers" in report.missing[0].detail
            await server.stop()
            with pytest.raises(VerifierUnavailable):
                await judge.check()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"samples": 3}, "samples: at temperature 0"),
        ({"samples": 0}, "samples: must be at least 1"),
        ({"attempts": 0}, "attempts: must be at least 1"),
        ({"max_tokens": 0}, "max_tokens: must be at least 1"),
        ({"rubric": " "}, "rubric: it is empty"),
        ({"aggregation": "best"}, "aggregation: unknown 'best'"),
        ({"client": object()}, "client: it brings its own base_url"),
    ],
)
def test_wrong_arguments(arguments: dict[str, Any], message: str) -> None:
    """The message names the argument and the fix."""
    with pytest.raises(ConfigurationError, match=message):
        JudgeVerifier("http://localhost:1/v1", **arguments)


@pytest.mark.parametrize(
    "server",
    [{"generator": ScriptedGenerator({})}, {"base_url": ["http://a:1", "http://b:1"]}, {}],
    ids=["a generator", "two servers", "nothing"],
)
def test_self_needs_one_server(server: dict[str, Any]) -> None:
    """Anything else has to say which server judges."""
    with pytest.raises(ConfigurationError, match="verifier: 'self'"):
        Solver(verifier="self", **server)
