"""What an OpenAI-compatible server can do for a search, found out with one small question."""

from collections.abc import Awaitable, Callable, Sequence

from tts_async.errors import GenerationError, GeneratorRejected, MalformedResponse
from tts_async.types.checkup import Feature
from tts_async.types.generation import GenerationRequest, Sampling, Step
from tts_async.types.problem import Problem

PROBE_TOKENS = 16  # a few: some servers have a minimum

Generate = Callable[[GenerationRequest], Awaitable[Sequence[Step]]]


async def find_features(generate: Generate, *, continues: bool) -> tuple[Feature, ...]:
    """What works; raises ``GeneratorUnavailable`` when the server stops answering."""
    answers = Feature(name="answers", works=True, detail="greedy, majority and best_of_n work")
    try:
        await generate(_question(stop=None))
    except (GeneratorRejected, MalformedResponse) as error:
        fix = "see what the server says; another token_limit, model or API key may be needed"
        answers = Feature(name="answers", works=False, detail=str(error), fix=fix)
    return answers, await _check_steps(generate, continues=continues)


async def _check_steps(generate: Generate, *, continues: bool) -> Feature:
    fix = (
        "use greedy, majority or best_of_n; for beam search and DVTS serve the model with vLLM, or"
        " pass continue_final_message=True to OpenAIGenerator if the server understands it"
    )
    if not continues:
        detail = "the server is not known to continue an answer"
        return Feature(name="steps", works=False, detail=detail, fix=fix)
    try:
        await generate(_question(stop="\n\n"))
    except GenerationError as error:
        return Feature(name="steps", works=False, detail=str(error), fix=fix)
    return Feature(name="steps", works=True, detail="paths are continued by their text")


def _question(stop: str | None) -> GenerationRequest:
    return GenerationRequest(
        problem=Problem("What is 1+1?"),
        system_prompt=None,
        steps=("1+1\n\n",) if stop else (),
        token_ids=(),
        n=1,
        stop=stop,
        sampling=Sampling(max_tokens=PROBE_TOKENS),
        seed=0,
    )
