"""LangChain's ChatOpenAI, unchanged: invoke, stream and batch, and a chain that reads the answer.

``pip install langchain-openai``. What LangChain does not know, it drops: progress does not reach
``stream``, nor the field ``tts`` the response. So the answer is read out of the text.
"""

import os
import re

from langchain_core.messages import AIMessage
from langchain_openai import ChatOpenAI

PROBLEM = "4+((8*33)+53)"

model = ChatOpenAI(
    model="dvts-16",
    base_url=os.environ.get("OPENAI_BASE_URL", "http://127.0.0.1:8080/v1"),
    api_key=os.environ.get("OPENAI_API_KEY", "none"),
    stream_usage=True,  # with another base URL than OpenAI's it has to be asked for
    seed=7,
)


def read_answer(message: AIMessage) -> str:
    """What stands in the last box of the text."""
    return re.findall(r"\\boxed{(.+)}", message.text)[-1]


def main() -> None:
    """One problem whole, one as a stream, three at once."""
    message = model.invoke(PROBLEM)
    print("invoke:", read_answer(message), f"({message.usage_metadata['output_tokens']} tokens)")

    for chunk in model.stream([("system", "You are a calculator."), ("user", PROBLEM)]):
        print(chunk.text, end="")
        if chunk.usage_metadata:
            print("\nstream:", chunk.usage_metadata["output_tokens"], "tokens")

    narrow = model.model_copy(update={"extra_body": {"tts": {"strategy": "beam", "n": 4}}})
    chain = narrow | read_answer
    print("batch: ", *chain.batch(["(7*8)-(3+9)", "(6*7)+(81-9)", "15+(4*20)"]))


if __name__ == "__main__":
    main()
