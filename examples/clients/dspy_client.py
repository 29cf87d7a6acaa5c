"""DSPy, unchanged: a signature answered by a search, alone and as a batch.

``pip install dspy``. DSPy's own adapters put markers around the fields of a signature and want them
back. A model trained on mathematics is better asked plainly, and its answer is in a box: an adapter
of a few lines says so.
"""

import os
import re
from typing import Any

os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"  # or a list of prices is fetched

import dspy

PROBLEM = "4+((8*33)+53)"


class BoxAdapter(dspy.Adapter):
    """For signatures with one input, the problem, and one output, what stands in the last box."""

    def format(self, signature: Any, demos: Any, inputs: dict[str, Any]) -> list[dict[str, str]]:
        """The problem and nothing else, after the examples that an optimizer may have found."""
        (question,), (answer,) = signature.input_fields, signature.output_fields
        turns = []
        for demo in demos:
            turns.append({"role": "user", "content": str(demo[question])})
            turns.append({"role": "assistant", "content": f"\\boxed{{{demo[answer]}}}"})
        return [*turns, {"role": "user", "content": str(inputs[question])}]

    def parse(self, signature: Any, completion: str) -> dict[str, Any]:
        """Raises ``IndexError`` for a text without a box."""
        ((name, field),) = signature.output_fields.items()
        return {name: field.annotation(re.findall(r"\\boxed{(.+)}", completion)[-1])}


lm = dspy.LM(
    "openai/dvts-16",
    api_base=os.environ.get("OPENAI_BASE_URL", "http://127.0.0.1:8080/v1"),
    api_key=os.environ.get("OPENAI_API_KEY", "none"),
    cache=False,
    seed=7,
)


def main() -> None:
    """One problem, three at once, and a text without a signature."""
    dspy.configure(lm=lm, adapter=BoxAdapter())
    solve = dspy.Predict("question -> answer: int")
    print("one:  ", solve(question=PROBLEM).answer)
    problems = ["(7*8)-(3+9)", "(6*7)+(81-9)", "15+(4*20)"]
    asked = [dspy.Example(question=problem).with_inputs("question") for problem in problems]
    predictions = solve.batch(asked, num_threads=3, disable_progress_bar=True)
    print("batch:", *(prediction.answer for prediction in predictions))
    print("text: ", lm(PROBLEM)[0].splitlines()[-1])


if __name__ == "__main__":
    main()
