"""pydantic-ai, unchanged: an agent whose model searches, with an answer that is a number.

``pip install "pydantic-ai-slim[openai]"``. Tools and JSON schemas are not for a model that votes on
answers, so the output type is a function on the text. Progress arrives as the model's thinking.
"""

import asyncio
import os
import re

from pydantic_ai import Agent, ModelRetry, TextOutput, messages
from pydantic_ai.models.openai import OpenAIChatModel
from pydantic_ai.providers.openai import OpenAIProvider
from pydantic_ai.run import AgentRunResultEvent

PROBLEM = "4+((8*33)+53)"


def read_answer(text: str) -> int:
    """What stands in the last box of the text; without one, the agent asks again."""
    boxes = re.findall(r"\\boxed{(-?\d+)}", text)
    if not boxes:
        raise ModelRetry("put your final answer within \\boxed{}")
    return int(boxes[-1])


provider = OpenAIProvider(
    base_url=os.environ.get("OPENAI_BASE_URL", "http://127.0.0.1:8080/v1"),
    api_key=os.environ.get("OPENAI_API_KEY", "none"),
)
agent = Agent(
    OpenAIChatModel("dvts-16", provider=provider),
    output_type=TextOutput(read_answer),
    model_settings={"seed": 7, "extra_body": {"tts": {"deadline_s": 60}}},
)


async def main() -> None:
    """Two problems at once, and one that is watched."""
    runs = await asyncio.gather(agent.run(PROBLEM), agent.run("(7*8)-(3+9)"))
    for run in runs:
        print("run:   ", run.output, f"({run.usage.output_tokens} tokens)")

    async with agent.run_stream_events(PROBLEM) as events:
        async for event in events:
            match event:
                case (
                    messages.PartStartEvent(part=messages.ThinkingPart(content=text))
                    | messages.PartDeltaEvent(delta=messages.ThinkingPartDelta(content_delta=text))
                ):
                    print("        ", text, end="")
                case AgentRunResultEvent(result=run):
                    print("stream:", run.output)


if __name__ == "__main__":
    asyncio.run(main())
