"""``VLLMVerifier`` against a fake server: what it sends, what it believes, and what it says."""

import asyncio
import math
from typing import Any

import pytest

from tests.generation.fake_server import (
    OPENAI,
    Delay,
    FakeServer,
    Naps,
    Reply,
    Status,
    decode,
    encode,
)
from tests.verifiers.fake_prm_server import BOS, END, EXTRA, FakePRMServer, chat_ids, score_of
from tts_async import ConfigurationError, Problem, ScoreRequest, Solver
from tts_async.errors import InvalidScores, VerificationError, VerifierUnavailable
from tts_async.inference.families import (
    ChatSteps,
    Family,
    Token,
    find_family,
    token_classifier,
)
from tts_async.testing import RandomGenerator
from tts_async.verifiers import VLLMVerifier

POOLING, COMPLETIONS, TOKENIZE = "/pooling", "/v1/completions", "/tokenize"
PROBLEM = Problem("What is 2+3+4?")
STEPS = ("2+3 = 5\n\n", "5+4 = 9\n\n", "It is 9.")
SYSTEM = {"role": "system", "content": str(find_family("qwen-math-prm").system_prompt)}
USER = {"role": "user", "content": PROBLEM.text}


def qwen_ids(*steps: str) -> list[int]:
    """As the card of Qwen2.5-Math-PRM has it: the chat, then each step and the separator's id."""
    written = [token for step in steps for token in [*encode(step.removesuffix("\n\n")), EXTRA]]
    return [*chat_ids([SYSTEM, USER]), *written]


def dialogue_ids(*steps: str) -> list[int]:
    """As the card of RLHFlow's PRM has it: the problem and a step, "+", a step, and so on."""
    said = [step.removesuffix("\n\n") for step in steps]
    turns = [{"role": "user", "content": f"{PROBLEM.text} {said[0]}"}]
    for step in said[1:]:
        turns += [{"role": "assistant", "content": "+"}, {"role": "user", "content": step}]
    return chat_ids(turns)


async def test_a_pooled_model() -> None:
    """One request for a path, with the family's prompt as ids; one score per step."""
    async with FakePRMServer() as server, VLLMVerifier(server.base_url) as verifier:
        scores = await verifier.score([ScoreRequest(PROBLEM, STEPS)])
        assert scores == [[score_of(qwen_ids(*STEPS[:count])) for count in (1, 2, 3)]]
        assert server.bodies(POOLING)[-1] == {
            "model": "Qwen2.5-Math-PRM-7B",
            "input": qwen_ids(*STEPS),
            "use_activation": True,
        }
        assert verifier.aggregation == find_family("qwen-math-prm").aggregation
        assert verifier.context_length == 4096


async def test_a_language_model() -> None:
    """One token for each step, and the two labels' log-probabilities by id."""
    async with FakePRMServer(pooling=False) as server, VLLMVerifier(server.base_url) as verifier:
        [scores] = await verifier.score([ScoreRequest(PROBLEM, STEPS)])
        expected = [score_of(dialogue_ids(*STEPS[:count])) for count in (1, 2, 3)]
        assert scores == pytest.approx(expected, abs=1e-12)
        labels = [*encode("+"), *encode("-")]
        asked = {tuple(body.pop("prompt")): body for body in server.bodies(COMPLETIONS)[-3:]}
        assert set(asked) == {tuple(dialogue_ids(*STEPS[:count])) for count in (1, 2, 3)}
        assert (
            list(asked.values())
            == [
                {
                    "model": "Llama3.1-8B-PRM-Deepseek-Data",
                    "max_tokens": 1,
                    "temperature": 1.0,
                    "logprobs": 2,
                    "logprob_token_ids": labels,
                    "allowed_token_ids": labels,
                    "return_tokens_as_token_ids": True,
                }
            ]
            * 3
        )


async def test_a_step_is_asked_for_once() -> None:
    """A path that grew costs its new step, and so do its twins; the problem is tokenised once."""
    async with FakePRMServer(pooling=False) as server, VLLMVerifier(server.base_url) as verifier:
        before = len(server.bodies(COMPLETIONS))
        for count in (1, 2, 3, 3):
            await verifier.score([ScoreRequest(PROBLEM, STEPS[:count])] * 4)
        assert len(server.bodies(COMPLETIONS)) - before == 3


async def test_a_path_is_asked_for_once() -> None:
    """Of a pooled model: twins in one call, and known ones in the next."""
    async with FakePRMServer() as server, VLLMVerifier(server.base_url) as verifier:
        before = len(server.requests)
        for count in (1, 2, 2):
            await verifier.score([ScoreRequest(PROBLEM, STEPS[:count])] * 4)
        sent = [path for path, _ in server.requests[before:]]
        assert (sent.count(POOLING), sent.count(TOKENIZE)) == (2, 3)


async def test_special_tokens_in_steps_are_text() -> None:
    """A step that spells the separator is one step, and no other token of it is special."""
    rude = "so <extra_0> and <|end|> <b> [INST] too\n\n"
    async with FakePRMServer() as server, VLLMVerifier(server.base_url) as verifier:
        [scores] = await verifier.score([ScoreRequest(PROBLEM, (rude, STEPS[1]))])
        assert len(scores) == 2
        plain = encode("so <extra_0> and <|end|> <b> [INST] too")
        sent = server.bodies(POOLING)[-1]["input"]
        assert sent == [*chat_ids([SYSTEM, USER]), *plain, EXTRA, *encode(STEPS[1][:-2]), EXTRA]


async def test_special_tokens_in_a_chat_are_text() -> None:
    """Nothing that a problem or a step says ends its turn."""
    problem = Problem("What is <|end|>?")
    async with FakePRMServer(pooling=False) as server, VLLMVerifier(server.base_url) as verifier:
        await verifier.score([ScoreRequest(problem, ("1 <b> <extra_0>\n\n", "2 <|end|>"))])
        sent = server.bodies(COMPLETIONS)[-1]["prompt"]
        assert not {EXTRA, END} & set(sent)
        text = decode(sent).replace("\u200b", "")
        assert (
            text == "<user>What is <|end|>? 1 <b> <extra_0><assistant>+<user>2 <|end|><assistant>"
        )


async def test_a_token_classifier() -> None:
    """A server that returns a row for every token: those at the ends of steps count."""
    family = token_classifier("\n")
    async with FakePRMServer() as server:
        server.all_tokens, server.model = True, "mine"
        async with VLLMVerifier(server.base_url, family=family) as verifier:
            [scores] = await verifier.score([ScoreRequest(PROBLEM, STEPS)])
        prompts = []
        ids = [BOS, *encode(PROBLEM.text + family.layout.after_problem)]  # type: ignore[attr-defined]
        for step in STEPS:
            ids += [*encode(step.removesuffix("\n\n")), *encode("\n")]
            prompts.append(list(ids))
        assert scores == [score_of(prompt) for prompt in prompts]


async def test_an_outcome_model() -> None:
    """One number for the whole, which stands for every step."""
    async with FakePRMServer() as server:
        server.is_outcome = True
        async with VLLMVerifier(server.base_url, family="outcome") as verifier:
            [scores] = await verifier.score([ScoreRequest(PROBLEM, STEPS)])
        assert len(set(scores)) == 1
        assert scores == [score_of(server.bodies(POOLING)[-1]["input"])] * 3


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([[0.5, 0.5]] * 2, "2 rows of scores for 3 steps"),
        ([], "0 rows of scores for 3 steps"),
        ([[0.5, 0.5], [0.5, 0.5], [-3.0, 4.0]], r"4.0 as a score, which is not in \[0, 1\]"),
        ([[0.5, 0.5], [0.5, 0.5], [0.0, None]], "None as a score"),
    ],
)
async def test_invalid_scores(rows: Any, message: str) -> None:
    """Too few, or no probabilities: an error, and nothing that is remembered."""
    async with FakePRMServer() as server, VLLMVerifier(server.base_url) as verifier:
        server.scores = rows
        with pytest.raises(InvalidScores, match=message):
            await verifier.score([ScoreRequest(PROBLEM, STEPS)])
        server.scores = None
        await verifier.score([ScoreRequest(PROBLEM, STEPS)])


async def test_invalid_log_probabilities() -> None:
    """NaN, which some servers write as null and some as NaN, is not a low score."""
    naps = Naps()
    async with (
        FakePRMServer(pooling=False) as server,
        VLLMVerifier(server.base_url, retry=naps.policy()) as verifier,
    ):
        for number, kind in ((None, InvalidScores), (math.nan, VerificationError)):
            server.scores = {"token_id:1043": number, "token_id:1045": -1.0}
            with pytest.raises(kind):
                await verifier.score([ScoreRequest(PROBLEM, STEPS[:1])])
        server.scores = None
        await verifier.score([ScoreRequest(PROBLEM, STEPS[:1])])


async def test_a_server_that_keeps_a_label_to_itself() -> None:
    """Found out when it is opened, with what to do."""
    async with FakePRMServer(pooling=False) as server:
        server.knows_ids = False
        with pytest.raises(VerificationError, match="--logprobs-mode processed_logprobs"):
            async with VLLMVerifier(server.base_url):
                pass


@pytest.mark.parametrize(
    "reply",
    [
        None,
        {},
        {"data": []},
        {"data": [{}]},
        {"data": [{"data": "x"}]},
        {"data": [{"data": [["a"]]}]},
        {"data": [{"data": [[]]}]},
    ],
)
async def test_an_answer_that_is_none(reply: Any) -> None:
    """Asked again, then an error."""
    naps = Naps()
    async with (
        FakePRMServer() as server,
        VLLMVerifier(server.base_url, retry=naps.policy()) as verifier,
    ):
        server.fail(POOLING, Reply(reply))
        await verifier.score([ScoreRequest(PROBLEM, STEPS)])
        assert verifier.statistics().retries == 1
        server.fail(POOLING, *[Reply(reply)] * 3)
        with pytest.raises(VerificationError, match="gave up after 3 attempts"):
            await verifier.score([ScoreRequest(PROBLEM, STEPS[:1])])


async def test_trouble_passes() -> None:
    """429 and 500 are retried like everywhere; a server that stays away is unavailable."""
    naps = Naps()
    async with (
        FakePRMServer() as server,
        VLLMVerifier(server.base_url, retry=naps.policy(attempts=3)) as verifier,
    ):
        server.fail(POOLING, Status(429), Status(500))
        await verifier.score([ScoreRequest(PROBLEM, STEPS)])
        await server.stop()
        with pytest.raises(VerifierUnavailable, match="gave up after 3 attempts"):
            await verifier.score([ScoreRequest(PROBLEM, STEPS[:1])])


async def test_cancelling_closes_the_requests() -> None:
    """What nobody waits for is aborted."""
    async with FakePRMServer() as server, VLLMVerifier(server.base_url) as verifier:
        server.fail(POOLING, *[Delay()] * 3)
        requests = [ScoreRequest(PROBLEM, STEPS[:count]) for count in (1, 2, 3)]
        scoring = asyncio.create_task(verifier.score(requests))  # type: ignore[arg-type]
        await server.until_running(3)
        scoring.cancel()
        with pytest.raises(asyncio.CancelledError):
            await scoring
        await server.until_running(0)
        assert verifier.statistics().in_flight == 0


@pytest.mark.parametrize("pooling", [True, False])
async def test_what_cannot_be_scored(*, pooling: bool) -> None:
    """Empty steps and paths beyond the context are errors; a path of no steps has no scores."""
    async with FakePRMServer(pooling=pooling) as server:
        server.context_length = 200
        async with VLLMVerifier(server.base_url) as verifier:
            assert await verifier.score([ScoreRequest(PROBLEM, ())]) == [()]
            with pytest.raises(VerificationError, match="step 2 of 2 is empty"):
                await verifier.score([ScoreRequest(PROBLEM, ("a\n\n", "\n\n"))])
            with pytest.raises(VerificationError, match=r"take \d+ tokens.*context of 200"):
                await verifier.score([ScoreRequest(PROBLEM, ("a" * 200,))])
            await verifier.score([ScoreRequest(PROBLEM, ("a",))])
            (scores,) = await verifier.score([ScoreRequest(PROBLEM, ("a\n\n", ""))])
            assert len(scores) == 2


async def test_the_last_token_needs_room() -> None:
    """A language model is asked for a token more; the limit counts it."""
    async with FakePRMServer(pooling=False) as server:
        server.context_length = len(dialogue_ids("a" * 20))
        async with VLLMVerifier(server.base_url) as verifier:
            await verifier.score([ScoreRequest(PROBLEM, ("a" * 19,))])
            with pytest.raises(VerificationError, match="more than the verifier's context"):
                await verifier.score([ScoreRequest(PROBLEM, ("a" * 20,))])


async def test_a_server_that_looks_for_another_tag() -> None:
    """It would return nothing for every path; the flag is named with the tag's id in it."""
    async with FakePRMServer() as server:
        server.tag = 151651
        with pytest.raises(ConfigurationError, match=r"""--pooler-config '\{"step_tag_id": 5\}'"""):
            async with VLLMVerifier(server.base_url):
                pass


@pytest.mark.parametrize(
    ("pooling", "model", "family", "message"),
    [
        (False, "Llama-3.2-1B", None, "not known as a reward model; start a reward model with"),
        (False, "Qwen2.5-Math-PRM-7B", None, "start vLLM with --runner pooling"),
        (True, "Llama3.1-8B-PRM-Deepseek-Data", None, "start vLLM without --runner pooling"),
        (True, "mine", "rlhflow", "start vLLM without --runner pooling"),
    ],
)
async def test_the_wrong_kind_of_server(
    *, pooling: bool, model: str, family: str | None, message: str
) -> None:
    """What is missing, and what to do about it."""
    async with FakePRMServer(pooling=pooling) as server:
        server.model = model
        with pytest.raises(ConfigurationError, match=message):
            async with VLLMVerifier(server.base_url, family=family):
                pass


async def test_a_server_that_is_no_vllm() -> None:
    """It has no tokens to offer; a judge can still work there."""
    async with FakeServer(extras=OPENAI) as server:
        with pytest.raises(ConfigurationError, match=r"no vLLM server.*JudgeVerifier"):
            async with VLLMVerifier(server.base_url):
                pass


async def test_a_tokenizer_without_the_separator() -> None:
    """A model of another family is not scored with this one's prompts."""
    family = Family(
        name="mine", layout=ChatSteps(Token("<step>")), head=find_family("qwen-math-prm").head
    )
    async with FakePRMServer() as server:
        with pytest.raises(ConfigurationError, match="'<step>' is 6 tokens instead of one"):
            async with VLLMVerifier(server.base_url, family=family):
                pass
    with pytest.raises(ConfigurationError, match="unknown 'qwen'; choose one of qwen-math-prm"):
        VLLMVerifier(server.base_url, family="qwen")


async def test_a_name_that_says_nothing() -> None:
    """What it was loaded from may say more; a pooled one without a name is Qwen's kind."""
    async with FakePRMServer(pooling=False) as server:
        card = {"id": "prm", "owned_by": "vllm", "root": "RLHFlow/Llama3.1-8B-PRM-Mistral-Data"}
        server.model, server.models = "prm", [card]
        async with VLLMVerifier(server.base_url) as verifier:
            assert verifier.family is find_family("rlhflow")
    async with FakePRMServer() as server:
        server.model = "prm"
        async with VLLMVerifier(server.base_url, aggregation="min") as verifier:
            assert verifier.family is find_family("qwen-math-prm")
            assert verifier.aggregation == "min"


async def test_a_server_that_is_not_there() -> None:
    """Within seconds, with what to do."""
    with pytest.raises(VerifierUnavailable, match="start the server, or correct base_url"):
        async with VLLMVerifier("http://127.0.0.1:9/v1"):
            pass
    with pytest.raises(VerifierUnavailable, match="not open"):
        await VLLMVerifier("http://127.0.0.1:9/v1").score([ScoreRequest(PROBLEM, STEPS)])


async def test_a_server_that_breaks_at_the_first_score() -> None:
    """It is opened, and given up on, within seconds: somebody is watching."""
    async with FakePRMServer() as server:
        server.fail(POOLING, Reply({}), *[Status(500)] * 99)
        async with asyncio.timeout(30):
            with pytest.raises(VerifierUnavailable, match="HTTP 500"):
                async with VLLMVerifier(server.base_url):
                    pass


async def test_a_solver_takes_the_url() -> None:
    """It asks the server what it is; the aggregation is then the family's."""
    async with FakePRMServer() as server:
        report = await Solver(generator=RandomGenerator(), verifier=server.base_url).check()
        service = report.services[1]
        assert (service.role, service.kind, service.ok) == ("verifier", "vLLM server", True)
        assert service.features[0].detail == (
            "vLLM server, pooling, family qwen-math-prm, aggregation prod"
        )
