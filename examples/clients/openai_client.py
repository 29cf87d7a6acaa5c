"""The openai package, unchanged: sync, async and streaming, and what a search says of itself."""

import asyncio
import os

from openai import AsyncOpenAI, OpenAI

BASE_URL = os.environ.get("OPENAI_BASE_URL", "http://127.0.0.1:8080/v1")
API_KEY = os.environ.get("OPENAI_API_KEY", "none")
PROBLEM = "4+((8*33)+53)"


def ask() -> None:
    """The model's name says how to search; the field ``tts`` says how it went."""
    with OpenAI(base_url=BASE_URL, api_key=API_KEY) as client:
        completion = client.chat.completions.create(
            model="dvts-16", messages=[{"role": "user", "content": PROBLEM}], seed=7
        )
    search = completion.model_extra["tts"] if completion.model_extra else {}
    print(f"sync:   {search['answer']} ({len(search['votes'])} different answers)")


async def ask_twice() -> None:
    """Searches at the same time; ``extra_body`` overrides what the name says."""
    async with AsyncOpenAI(base_url=BASE_URL, api_key=API_KEY) as client:
        searches = (
            client.chat.completions.create(
                model="best-of-n-32",
                messages=[{"role": "user", "content": PROBLEM}],
                extra_body={"tts": {"deadline_s": 30, "budget": {"tokens": 100_000}}},
                seed=seed,
            )
            for seed in (2, 7)
        )
        for completion in await asyncio.gather(*searches):
            text = completion.choices[0].message.content or ""
            print("async: ", text.splitlines()[-1])


async def ask_streaming() -> None:
    """Progress arrives where reasoning models put their thoughts, then the answer."""
    async with AsyncOpenAI(base_url=BASE_URL, api_key=API_KEY) as client:
        stream = await client.chat.completions.create(
            model="dvts-16",
            messages=[{"role": "user", "content": PROBLEM}],
            seed=7,
            stream=True,
            stream_options={"include_usage": True},
        )
        async for chunk in stream:
            for delta in (choice.delta for choice in chunk.choices):
                print(getattr(delta, "reasoning_content", delta.content) or "", end="")
            if chunk.usage:
                print(f"\nstream: {chunk.usage.completion_tokens} tokens")


if __name__ == "__main__":
    ask()
    asyncio.run(ask_twice())
    asyncio.run(ask_streaming())
