"""The JSON that goes to a vLLM server and comes back, as pure functions.

Continuations travel as token ids in both directions: what is sent back to be continued is exactly
what was sampled, so the server's prefix cache hits to the last token and no chat template gets a
chance to trim the step delimiter.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, TypeGuard

from tts_async.errors import MalformedResponse
from tts_async.types.generation import Finish, GenerationRequest, Step
from tts_async.types.problem import Message

GREEDY_BELOW = 1e-5  # the temperature under which vLLM decodes greedily


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
    if options.cache_salt is not None:
        body["cache_salt"] = options.cache_salt
    return encode(body)


def parse_completion(reply: Any, request: GenerationRequest) -> list[Step]:
    """The steps in an answer of ``/v1/completions``, by index.

    Raises ``MalformedResponse`` when one is missing or is not what was asked for.
    """
    choices = reply.get("choices") if isinstance(reply, dict) else None
    if not isinstance(choices, list) or not all(isinstance(choice, dict) for choice in choices):
        raise MalformedResponse("no choices in the answer")
    draws = count_draws(request)
    by_index = {choice.get("index"): choice for choice in choices}
    if set(by_index) != set(range(draws)):
        raise MalformedResponse(f"asked for {draws} choices, got {len(choices)}")
    steps = [_parse_choice(by_index[index], request.stop) for index in range(draws)]
    return steps if draws == request.n else steps * request.n  # greedy: they are all the same


def _parse_choice(choice: dict[str, Any], stop: str | None) -> Step:
    text, ids = choice.get("text"), choice.get("token_ids")
    if not isinstance(text, str):
        raise MalformedResponse(f"a choice's text is {type(text).__name__}, not a string")
    if not _are_ids(ids):
        raise MalformedResponse("a choice has no token_ids; a vLLM older than 0.11 has none")
    stop_reason = choice.get("stop_reason")
    finish = _parse_finish(choice.get("finish_reason"), stop_reason, stop)
    if finish == "step" and not text.endswith(stop or ""):
        raise MalformedResponse(f"a step stopped at a delimiter but ends in {text[-20:]!r}")
    # The end-of-sequence token is counted and has no text; a finished path is never continued.
    ended_by_token = finish == "stop" and not isinstance(stop_reason, str)
    kept = ids[:-1] if ended_by_token else ids
    return Step(text=text, finish=finish, tokens=len(ids), token_ids=tuple(kept))


def _parse_finish(finish_reason: Any, stop_reason: Any, stop: str | None) -> Finish:
    if finish_reason == "length":
        return "length"
    if finish_reason == "stop":
        # The stop string that was found, else the id of a stop token, or nothing at EOS. A string
        # that we did not send is one the server was configured with: to it, the answer is over.
        return "step" if stop is not None and stop_reason == stop else "stop"
    raise MalformedResponse(f"unknown finish_reason {finish_reason!r}")


def encode_chat(model: str, messages: Sequence[Message]) -> bytes:
    """The body of ``POST /tokenize`` for a conversation that the model is to answer."""
    return encode({"model": model, "messages": messages, "add_generation_prompt": True})


def encode_text(model: str, text: str) -> bytes:
    """The body of ``POST /tokenize`` for a piece of an answer."""
    return encode({"model": model, "prompt": text, "add_special_tokens": False})


def parse_tokens(reply: Any) -> tuple[int, ...]:
    """The ids in an answer of ``/tokenize``; raises ``MalformedResponse``."""
    tokens = reply.get("tokens") if isinstance(reply, dict) else None
    if not _are_ids(tokens):
        raise MalformedResponse("no tokens in the answer")
    return tuple(tokens)


def encode_ids(model: str, ids: Sequence[int]) -> bytes:
    """The body of ``POST /detokenize``."""
    return encode({"model": model, "tokens": ids})


def parse_text(reply: Any) -> str:
    """The text in an answer of ``/detokenize``; raises ``MalformedResponse``."""
    text = reply.get("prompt") if isinstance(reply, dict) else None
    if not isinstance(text, str):
        raise MalformedResponse("no text in the answer")
    return text


def encode(body: dict[str, Any]) -> bytes:
    """JSON without spaces."""
    return json.dumps(body, separators=(",", ":")).encode()


def _are_ids(ids: Any) -> TypeGuard[list[int]]:
    # By the set of types: an answer can hold thousands of ids, and True is an int to isinstance.
    return isinstance(ids, list) and set(map(type, ids)) <= {int}
