"""LiteLLM, unchanged: whole, streamed and async, behind its names for every provider's models.

``pip install litellm``. It passes the field ``tts`` on in both directions.
"""

import asyncio
import os

os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"  # or importing it fetches a list of prices

import litellm

PROBLEM = "4+((8*33)+53)"
MESSAGES = [{"role": "user", "content": PROBLEM}]
GATEWAY = {
    "api_base": os.environ.get("OPENAI_BASE_URL", "http://127.0.0.1:8080/v1"),
    "api_key": os.environ.get("OPENAI_API_KEY", "none"),
}


async def ask_twice() -> None:
    """Two strategies at the same time."""
    models = ("openai/best-of-n-32", "openai/beam-16")
    responses = await asyncio.gather(
        *(litellm.acompletion(model, MESSAGES, seed=7, **GATEWAY) for model in models)
    )
    for model, response in zip(models, responses, strict=True):
        print("async: ", model, response.tts["answer"])


def main() -> None:
    """One problem, three ways."""
    options = {"n": 8, "beam_width": 4}
    response = litellm.completion("openai/dvts-16", MESSAGES, seed=7, tts=options, **GATEWAY)
    print("whole: ", response.tts["answer"], f"({response.usage.completion_tokens} tokens)")
    asyncio.run(ask_twice())
    for chunk in litellm.completion("openai/dvts-16", MESSAGES, seed=7, stream=True, **GATEWAY):
        delta = chunk.choices[0].delta
        print(getattr(delta, "reasoning_content", None) or delta.content or "", end="")
    print()


if __name__ == "__main__":
    main()
