"""The JSON that goes to a vLLM server and comes back, as pure functions.

Continuations travel as token ids in both directions: what is sent back to be continued is exactly
what was sampled, so the server's prefix cache hits to the last token and no chat template gets a
chance to trim the step delimiter.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from tts_async.errors import MalformedResponse
from tts_async.generation.logprobs import check_logprobs
from tts_async.types.generation import Finish, GenerationRequest, Step

GREEDY_BELOW = 1e-5  # the temperature under which vLLM decodes greedily


class Logprobs(msgspec.Struct):
    """One number per sampled token."""

    token_logprobs: list[float | None]


class Choice(msgspec.Struct):
    """What is read of a choice. The rest is skipped unbuilt, above all the echoed prompt ids."""

    index: int
    text: str
    token_ids: list[int] | None = None
    finish_reason: str | None = None
    stop_reason: str | int | None = None
    logprobs: Logprobs | None = None


class Completion(msgspec.Struct):
    """An answer of ``/v1/completions``."""

    choices: list[Choice]


decode_completion = msgspec.json.Decoder(Completion).decode


@dataclass(frozen=True, slots=True, kw_only=True)
class CompletionOptions:
    """What is the same in every request to one server.

    ``priority``: whether it runs with ``--scheduling-policy priority``; any other server refuses
    the field. ``cache_salt`` keeps this client's prefix cache apart from other tenants'.
    """

    model: str
    priority: bool = False
    cache_salt: str | None = field(default=None, repr=False)


def count_draws(request: GenerationRequest) -> int:
    """How many continuations to ask for: vLLM refuses to decode greedily more than once."""
    return 1 if request.sampling.temperature < GREEDY_BELOW else request.n


def encode_completion(
    request: GenerationRequest, prompt: Sequence[int], max_tokens: int, options: CompletionOptions
) -> bytes:
    """The body of ``POST /v1/completions``."""
    body: dict[str, Any] = {
        "model": options.model,
        "prompt": prompt,
        "n": count_draws(request),
        "max_tokens": max_tokens,
        "temperature": request.sampling.temperature,
        "top_p": request.sampling.top_p,
        "seed": request.seed,
        "return_token_ids": True,
    }
    if request.stop is not None:
        body["stop"] = [request.stop]
        body["include_stop_str_in_output"] = True
    if options.priority:
        body["priority"] = request.priority
    salt = ":".join(filter(None, (options.cache_salt, request.problem.tenant)))
    if salt:
        body["cache_salt"] = salt
    if request.logprobs:
        body["logprobs"] = 0  # of the sampled token, and of no others
    return msgspec.json.encode(body)


def parse_completion(reply: Completion, request: GenerationRequest) -> list[Step]:
    """The steps in an answer of ``/v1/completions``, by index.

    Raises ``MalformedResponse`` when one is missing or is not what was asked for.
    """
    draws = count_draws(request)
    choices = sorted(reply.choices, key=lambda choice: choice.index)
    if [choice.index for choice in choices] != list(range(draws)):
        raise MalformedResponse(f"asked for {draws} choices, got {len(choices)}")
    steps = [_parse_choice(choice, request) for choice in choices]
    return steps if draws == request.n else steps * request.n  # greedy: they are all the same


def _parse_choice(choice: Choice, request: GenerationRequest) -> Step:
    text, ids, stop = choice.text, choice.token_ids, request.stop
    if ids is None:
        raise MalformedResponse("a choice has no token_ids; a vLLM older than 0.11 has none")
    finish = _parse_finish(choice.finish_reason, choice.stop_reason, stop)
    if finish == "step" and not text.endswith(stop or ""):
        raise MalformedResponse(f"a step stopped at a delimiter but ends in {text[-20:]!r}")
    logprobs = None
    if request.logprobs:
        found = choice.logprobs
        logprobs = check_logprobs(None if found is None else found.token_logprobs, len(ids))
    # The end-of-sequence token is counted and has no text; a finished path is never continued.
    ended_by_token = finish == "stop" and not isinstance(choice.stop_reason, str)
    kept = ids[:-1] if ended_by_token else ids
    return Step(text, finish, len(ids), tuple(kept), logprobs)


def _parse_finish(finish_reason: Any, stop_reason: Any, stop: str | None) -> Finish:
    if finish_reason == "length":
        return "length"
    if finish_reason == "stop":
        # The stop string that was found, else the id of a stop token, or nothing at EOS. A string
        # that we did not send is one the server was configured with: to it, the answer is over.
        return "step" if stop is not None and stop_reason == stop else "stop"
    raise MalformedResponse(f"unknown finish_reason {finish_reason!r}")
