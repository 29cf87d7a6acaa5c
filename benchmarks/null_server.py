"""A vLLM server without a model, in a process of its own: every answer is there at once.

The answers have the size of real ones: ``CHOICES`` steps of ``TOKENS`` tokens, and, as vLLM does
with ``return_token_ids``, the prompt's ids in every choice. It speaks just enough HTTP for a client
that means well, ends after ``SECONDS`` or ``REQUESTS``, and when whoever started it is gone.
"""

import asyncio
import json
import re
from contextlib import AbstractAsyncContextManager
from random import Random

from benchmarks.child_server import child_server, until_abandoned

SECONDS, REQUESTS = 900.0, 2_000_000
CHOICES, TOKENS = 4, 40
LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
PROMPT = re.compile(rb'"prompt": ?(\[[^\]]*\])')

_RNG = Random(0)  # noqa: S311 - numbers in texts
IDS = [_RNG.randrange(1_000, 150_000) for _ in range(8192)]
DELIMITER = 271  # the token that ends a step
STEP = "## Step 1: " + "Multiply both sides by the same number. " * 4 + "\n\n"
ANSWER = STEP + r"Therefore, the final answer is: $\boxed{42}$. I hope it is correct."


def choices(prompt: bytes, *, step: bool) -> bytes:
    """The body of ``/v1/completions`` around the ids of its prompt."""
    parts = []
    for index in range(CHOICES):
        choice = {
            "index": index,
            "text": STEP if step else ANSWER,
            "logprobs": None,
            "finish_reason": "stop",
            "stop_reason": "\n\n" if step else None,
            "token_ids": [*IDS[index * TOKENS : (index + 1) * TOKENS - 1], DELIMITER],
            "prompt_logprobs": None,
        }
        parts.append(json.dumps(choice).encode()[:-1] + b',"prompt_token_ids":' + prompt + b"}")
    head = {"id": "cmpl-0123456789abcdef", "object": "text_completion", "created": 1_700_000_000}
    head |= {"model": "null", "usage": {"prompt_tokens": 0, "completion_tokens": CHOICES * TOKENS}}
    return json.dumps(head).encode()[:-1] + b',"choices":[' + b",".join(parts) + b"]}"


MODELS = b'{"data": [{"id": "null", "owned_by": "vllm", "max_model_len": 131072}]}'
CHAT = json.dumps(
    {
        "id": "chatcmpl-0123456789abcdef",
        "choices": [
            {
                "index": index,
                "message": {"role": "assistant", "content": ANSWER},
                "logprobs": None,
                "finish_reason": "stop",
                "stop_reason": None,
            }
            for index in range(CHOICES)
        ],
        "usage": {"prompt_tokens": 0, "completion_tokens": CHOICES * TOKENS},
    }
).encode()
STEPS, ANSWERS = (choices(b"%s", step=step).split(b"%s") for step in (True, False))


def answer(path: bytes, body: bytes) -> bytes:
    """What the server says; a prompt has one token per space."""
    if path.endswith(b"/chat/completions"):
        return CHAT
    if path.endswith(b"/completions"):
        prompt = PROMPT.search(body)
        template = STEPS if b'"stop":' in body else ANSWERS
        return (prompt[1] if prompt else b"[]").join(template)
    if path.endswith(b"/tokenize"):
        return json.dumps({"count": 1, "tokens": IDS[: max(1, body.count(b" "))]}).encode()
    if path.endswith(b"/detokenize"):
        return rb'{"prompt": "\n\n"}' if b"[%d]" % DELIMITER in body else b'{"prompt": " word"}'
    return MODELS


class Connection(asyncio.Protocol):
    """One client; its requests are answered one by one."""

    def __init__(self, done: asyncio.Event) -> None:
        self._done, self._received, self._answered = done, b"", 0
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember where to write."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer every request that is complete."""
        assert self._transport is not None
        self._received += data
        while (end := self._received.find(b"\r\n\r\n") + 4) > 3:  # noqa: PLR2004
            length = LENGTH.search(self._received, 0, end)
            total = end + (int(length[1]) if length else 0)
            if len(self._received) < total:
                return
            path = self._received.split(b" ", 2)[1]
            content = answer(path, self._received[end:total])
            self._transport.write(
                b"HTTP/1.1 200 OK\r\nServer: uvicorn\r\nContent-Type: application/json\r\n"
                b"Content-Length: %d\r\n\r\n%b" % (len(content), content)
            )
            self._received = self._received[total:]
            self._answered += 1
            if self._answered >= REQUESTS:
                self._done.set()


async def serve() -> None:
    """Print the port, then answer until it is time to go."""
    loop, done = asyncio.get_running_loop(), asyncio.Event()
    server = await loop.create_server(lambda: Connection(done), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await until_abandoned(done, SECONDS)


def null_server() -> AbstractAsyncContextManager[str]:
    """Run it; the base URL of the running server."""
    return child_server("benchmarks.null_server")


if __name__ == "__main__":
    asyncio.run(serve())
