"""Whatever a client sends: an answer, or an error in OpenAI's shape that says whose fault it is.

Never a 5xx for a request, never silence. The server is the real application on random trees.
"""

import asyncio
import json
from collections.abc import Iterator
from contextlib import AsyncExitStack
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.gateway.served import Served, random_trees, serving
from tests.patience import PATIENCE
from tts_async.gateway.schema import (
    BudgetOptions,
    ChatMessage,
    ChatRequest,
    Part,
    SearchOptions,
    StreamOptions,
)

URL = "/v1/chat/completions"
JSON = {"Content-Type": "application/json"}
USER = {"role": "user", "content": "1 + 1"}
PLAIN = {"model": "dvts-4", "messages": [USER]}
"""A request that is answered; the others are variations of it."""
MESSAGE, CONTENT = ("messages", 0), ("messages", 0, "content", 0)
PLACES: list[tuple[str | int, ...]] = [
    *((field,) for field in ChatRequest.__struct_fields__),
    *(("tts", field) for field in SearchOptions.__struct_fields__),
    *(("tts", "budget", field) for field in BudgetOptions.__struct_fields__),
    *(("stream_options", field) for field in StreamOptions.__struct_fields__),
    *((*MESSAGE, field) for field in ChatMessage.__struct_fields__),
    *((*CONTENT, field) for field in Part.__struct_fields__),
    MESSAGE,
    CONTENT,
]
"""Where every field of the schema stands in a body."""
SAMPLES = [None, True, 0, -1, 2, 0.5, 1e308, "", "x", [], [None], [[]], {}, {"x": {}}, 2**64]
"""A value of every kind that JSON has, and then some."""
IN_TIME = {"deadline_exceeded"}
"""The codes of a 5xx that a request may bring about: it asked for an answer in no time."""

NAMES = st.sampled_from(sorted({str(place[-1]) for place in PLACES})) | st.text(max_size=8)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(["user", "assistant", "system", "text", "dvts", "majority", "greedy"])
)
ANYTHING = st.recursive(
    SCALARS,
    lambda values: st.lists(values, max_size=4) | st.dictionaries(NAMES, values, max_size=4),
    max_leaves=12,
)
SMALL = st.integers(1, 16)
COUNTS = SMALL | st.sampled_from([2**31 - 1, 17, 257])
SECONDS_ASKED = st.floats(0.001, 100)


def some(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Objects that have any of these fields."""
    return st.fixed_dictionaries({}, optional=fields)


SENSIBLE = some(
    n=COUNTS,
    temperature=st.floats(0, 2),
    top_p=st.floats(0, 1, exclude_min=True),
    max_tokens=COUNTS,
    max_completion_tokens=COUNTS,
    stop=st.text(max_size=3) | st.lists(st.text(min_size=1, max_size=3), max_size=5),
    seed=st.integers(-(2**63), 2**63 - 1),
    user=st.text(max_size=9),
    stream=st.booleans(),
    stream_options=some(include_usage=st.booleans()),
    tts=some(
        strategy=st.sampled_from(["greedy", "majority", "best-of-n-8", "beam", "dvts", "x"]),
        n=SMALL,
        beam_width=SMALL,
        max_steps=COUNTS,
        lookahead=st.integers(0, 3),
        select=st.sampled_from(["majority", "naive", "weighted", "x"]),
        early_stop=st.booleans(),
        confidence=st.floats(0, 1),
        budget=COUNTS | some(tokens=COUNTS, expansions=COUNTS, seconds=SECONDS_ASKED),
        deadline_s=SECONDS_ASKED,
        priority=st.integers(0, 1000),
        instructions=st.booleans(),
        candidates=st.booleans(),
    ),
)
"""What the schema allows, whether or not it goes together."""


class Fuzzed:
    """A gateway that is asked from outside of its event loop."""

    def __init__(self, runner: asyncio.Runner, gateway: Served) -> None:
        self._runner = runner
        self._gateway = gateway

    def send(self, body: bytes) -> dict[str, Any] | None:
        """What comes back is looked at from all sides; the error, if it is one."""
        return self._runner.run(self._send(body))

    async def _send(self, body: bytes) -> dict[str, Any] | None:
        async with (
            asyncio.timeout(PATIENCE),
            self._gateway.session.post(
                self._gateway.server.make_url(URL), data=body, headers=JSON
            ) as response,
        ):
            text = await response.text()
        if response.content_type == "text/event-stream":
            check_stream(text)
        elif response.status == 200:
            check_answer(json.loads(text))
        else:
            return check_error(response.status, json.loads(text))
        return None


@pytest.fixture(scope="module")
def fuzzed() -> Iterator[Fuzzed]:
    """One for all of this file: what one request broke, the next one notices."""
    with asyncio.Runner() as runner:
        stack = AsyncExitStack()
        limits = {"max_candidates": 16, "max_seconds": 5, "progress_seconds": 0}
        gateway = runner.run(stack.enter_async_context(serving(random_trees(), **limits)))
        yield Fuzzed(runner, gateway)
        runner.run(stack.aclose())


def check_answer(body: dict[str, Any]) -> None:
    """A completion: choices in order, and a usage that adds up."""
    assert body["object"] == "chat.completion"
    assert [choice["index"] for choice in body["choices"]] == list(range(len(body["choices"])))
    assert body["choices"]
    usage = body["usage"]
    assert usage["total_tokens"] == usage["prompt_tokens"] + usage["completion_tokens"]


def check_error(status: int, body: dict[str, Any]) -> dict[str, Any]:
    """OpenAI's four fields, and the fault where it belongs."""
    assert list(body) == ["error"]
    error = body["error"]
    assert error.keys() == {"message", "type", "param", "code"}
    assert error["message"]
    assert 400 <= status < 500 or error["code"] in IN_TIME, body
    return dict(error)


def check_stream(text: str) -> None:
    """Chunks and comments, and the word for the end."""
    events = [line for line in text.split("\n\n") if line]
    assert events[-1] == "data: [DONE]"
    for event in events[:-1]:
        if not event.startswith(":"):
            data = json.loads(event.removeprefix("data: "))
            assert data["object"] == "chat.completion.chunk"


def put(place: tuple[str | int, ...], value: Any) -> dict[str, Any]:
    """The plain request with another value in one place; on the way there, what has to be."""
    body: Any = deepcopy(PLAIN)
    if place[: len(CONTENT) - 1] == CONTENT[:-1]:
        body["messages"] = [{"role": "user", "content": [{"type": "text", "text": "1 + 1"}]}]
    inside = body
    for step in place[:-1]:
        inside = inside.setdefault(step, {}) if isinstance(inside, dict) else inside[step]
    inside[place[-1]] = value
    return dict(body)


def encode(body: Any) -> bytes:
    """As JSON, or nearly: Python writes NaN too."""
    return json.dumps(body).encode()


@pytest.mark.parametrize("place", PLACES, ids=lambda place: ".".join(map(str, place)))
def test_a_value_of_every_kind_in_every_field(fuzzed: Fuzzed, place: tuple[str | int, ...]) -> None:
    """Those that are refused are refused by name."""
    for value in SAMPLES:
        error = fuzzed.send(encode(put(place, value)))
        if error is not None:
            assert error["param"].startswith(str(place[0])), (value, error)
            assert error["message"].startswith(str(place[0])), (value, error)


@given(body=ANYTHING)
@settings(max_examples=80)
def test_any_json(fuzzed: Fuzzed, body: Any) -> None:
    """It is hardly ever a request."""
    assert fuzzed.send(encode(body)) is not None


@given(data=st.data())
@settings(max_examples=120)
def test_anything_in_two_places_of_a_request(fuzzed: Fuzzed, data: st.DataObject) -> None:
    """One mistake can hide another."""
    body = put(data.draw(st.sampled_from(PLACES)), data.draw(ANYTHING))
    other = data.draw(st.sampled_from(ChatRequest.__struct_fields__))
    fuzzed.send(encode({**body, other: data.draw(ANYTHING)}))


@given(fields=SENSIBLE)
@settings(max_examples=120)
def test_everything_that_the_schema_allows(fuzzed: Fuzzed, fields: dict[str, Any]) -> None:
    """Combinations that make no sense say which field does not."""
    fuzzed.send(encode(PLAIN | fields))


@given(data=st.data())
@settings(max_examples=120)
def test_a_body_with_other_bytes_in_it(fuzzed: Fuzzed, data: st.DataObject) -> None:
    """Cut, replaced and inserted, in the middle of a character too."""
    body = encode(PLAIN | data.draw(SENSIBLE))
    start = data.draw(st.integers(0, len(body)))
    end = data.draw(st.integers(start, min(len(body), start + 8)))
    fuzzed.send(body[:start] + data.draw(st.binary(max_size=8)) + body[end:])
