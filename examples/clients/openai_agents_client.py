"""openai-agents, unchanged: an agent whose model searches, and that can be watched doing it.

``pip install openai-agents``. An agent that needs tools keeps a model that has them, and is given
this one ``as_tool``.
"""

import asyncio
import os

from agents import Agent, ModelSettings, OpenAIChatCompletionsModel, Runner, set_tracing_disabled
from openai import AsyncOpenAI

PROBLEM = "4+((8*33)+53)"

set_tracing_disabled(disabled=True)  # it would send every run to OpenAI
client = AsyncOpenAI(
    base_url=os.environ.get("OPENAI_BASE_URL", "http://127.0.0.1:8080/v1"),
    api_key=os.environ.get("OPENAI_API_KEY", "none"),
)
solver = Agent(
    name="Solver",
    instructions="You are a calculator.",
    model=OpenAIChatCompletionsModel(model="dvts-16", openai_client=client),
    model_settings=ModelSettings(include_usage=True, extra_body={"seed": 7}),
)


async def main() -> None:
    """Two problems at once, and one that is watched."""
    for run in await asyncio.gather(Runner.run(solver, PROBLEM), Runner.run(solver, "15+(4*20)")):
        print("run:   ", run.final_output.splitlines()[-1])

    stream = Runner.run_streamed(solver, PROBLEM)
    async for event in stream.stream_events():
        if event.type == "raw_response_event":
            if event.data.type == "response.reasoning_summary_text.delta":
                print("        ", event.data.delta, end="")
            elif event.data.type == "response.output_text.delta":
                print("stream:", event.data.delta)
    print(stream.context_wrapper.usage.output_tokens, "tokens")


if __name__ == "__main__":
    asyncio.run(main())
