"""The JSON of chat completions as every OpenAI-compatible server speaks it, as pure functions.

Only fields of OpenAI's own API are sent; the two that continue an unfinished answer are the
exception, for servers that are known to take them.
"""

from typing import Any

from tts_async.errors import GeneratorRejected, MalformedResponse
from tts_async.generation.logprobs import check_logprobs
from tts_async.types.generation import Finish, GenerationRequest, Step

CHARACTERS_PER_TOKEN = 4  # a guess, for servers that count nothing: budgets need a number

# Besides OpenAI's "stop": text-generation-inference and gateways to Anthropic.
ENDED = frozenset({"stop", "eos_token", "end_turn"})
# A filter cuts an answer short as a token limit does: what is left is not an answer.
CUT_SHORT = frozenset({"length", "max_tokens", "content_filter"})


def build_chat(request: GenerationRequest, model: str, token_limit: str) -> dict[str, Any]:
    """The body of ``POST /chat/completions``, without ``n`` and ``seed``.

    ``token_limit`` is the name of the field that bounds the answer: ``max_tokens``, or
    ``max_completion_tokens`` for models that refuse the older name.
    """
    messages: list[Any] = [*request.problem.messages(request.system_prompt)]
    body: dict[str, Any] = {
        "model": model,
        "messages": messages,
        "temperature": request.sampling.temperature,
        "top_p": request.sampling.top_p,
        token_limit: request.sampling.max_tokens,
    }
    if request.stop is not None:
        body["stop"] = [request.stop]
    if request.logprobs:
        body["logprobs"] = True
    if request.steps:
        messages.append({"role": "assistant", "content": "".join(request.steps)})
        # Understood by vLLM and SGLang: leave the last message open and go on with it.
        body |= {"continue_final_message": True, "add_generation_prompt": False}
    return body


def parse_chat(reply: Any, n: int, stop: str | None, *, logprobs: bool = False) -> list[Step]:
    """The steps in an answer of ``/chat/completions``: at least one, at most ``n``.

    The API counts tokens per answer. With ``logprobs`` there is a number for every token of a
    choice, and so they are counted.

    Raises ``MalformedResponse``, and ``GeneratorRejected`` when a stop string was sent but the
    server does not tell whether it was what ended the text.
    """
    choices = reply.get("choices") if isinstance(reply, dict) else None
    if not isinstance(choices, list) or not choices:
        raise MalformedResponse("no choices in the answer")
    parsed = [_parse_choice(choice, stop) for choice in choices[:n]]
    if logprobs:
        return [
            _with_logprobs(text, finish, choice)
            for (text, finish), choice in zip(parsed, choices, strict=False)
        ]
    lengths = [len(text) for text, _ in parsed]
    usage = reply.get("usage")
    spent = usage.get("completion_tokens") if isinstance(usage, dict) else None
    if type(spent) is not int or spent < 0:
        spent = sum(-(-length // CHARACTERS_PER_TOKEN) for length in lengths)
    costs = share_tokens(spent, lengths)
    return [Step(text, finish, cost) for (text, finish), cost in zip(parsed, costs, strict=True)]


def share_tokens(total: int, lengths: list[int]) -> list[int]:
    """Split what an answer cost among its choices by their length, exactly.

    The API counts tokens per answer, not per choice.
    """
    weight = sum(lengths) + len(lengths)  # one more each: an empty choice ended with a token too
    shares, given, seen = [], 0, 0
    for length in lengths:
        seen += length + 1
        shares.append(total * seen // weight - given)
        given += shares[-1]
    return shares


def _parse_choice(choice: Any, stop: str | None) -> tuple[str, Finish]:
    message = choice.get("message") if isinstance(choice, dict) else None
    text = (message.get("content") or "") if isinstance(message, dict) else None
    if not isinstance(text, str):
        raise MalformedResponse("a choice has no message")
    reason = choice.get("finish_reason")
    if not isinstance(reason, str) or reason not in ENDED | CUT_SHORT:
        raise MalformedResponse(f"unknown finish_reason {reason!r}")
    if reason in CUT_SHORT:
        return text, "length"
    if stop is None:
        return text, "stop"
    found = _stop_found(choice)
    if not isinstance(found, str):
        return text, "stop"
    # The chat API leaves the stop string out; a step keeps it.
    return text if text.endswith(stop) else text + stop, "step"


def _with_logprobs(text: str, finish: Finish, choice: dict[str, Any]) -> Step:
    found = choice.get("logprobs")
    tokens = found.get("content") if isinstance(found, dict) else None
    if not isinstance(tokens, list) or not all(isinstance(token, dict) for token in tokens):
        tokens = None
    values = tokens and [token.get("logprob") for token in tokens]
    # How many there are to be, nobody says; a text without a single one is no answer.
    count = len(values or text[:1])
    return Step(text, finish, count, logprobs=check_logprobs(values, count))


def _stop_found(choice: dict[str, Any]) -> Any:
    for key in ("stop_reason", "matched_stop"):  # vLLM, SGLang
        if key in choice:
            return choice[key]
    raise GeneratorRejected(
        "the server does not tell a finished step from a finished answer (neither stop_reason nor"
        " matched_stop); use greedy, majority or best_of_n with it"
    )
