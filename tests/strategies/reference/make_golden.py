"""Run search-and-learn itself on the scripted models and write down what it does.

    python make_golden.py CHECKOUT/src searches.json answers.json [MATH-500.jsonl]

CHECKOUT is https://github.com/huggingface/search-and-learn at the commit below. Needed beside it:
numpy, latex2sympy2==1.9.1, word2number, regex, tqdm. The models are stand-ins: everything that
would load torch, vLLM, datasets or the hub is replaced before search-and-learn is imported. Set
NPY_DISABLE_CPU_FEATURES="X86_V3 X86_V4 AVX512_ICL AVX512_SPR" (names of numpy 2.4), or the order of
tied scores is that of this processor's sorting network.
"""

import json
import sys
from dataclasses import asdict
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

from script import DELIMITER, Ordinals, Script

COMMIT = "6f81cac8b1ca4c4be9fabefc27a856c928f3ae7f"
SEAM = "\x1e"  # between the problem and what was written so far


class Module(ModuleType):
    """A module that has whatever is imported from it."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return SimpleNamespace


class Model:
    """In the place of ``vllm.LLM`` and of its tokenizer."""

    chat_template: str | None = None

    def __init__(self, script: Script) -> None:
        self.script, self.ordinals = script, Ordinals()

    def get_tokenizer(self) -> "Model":
        """Itself."""
        return self

    def apply_chat_template(self, conversations: Any, **_: Any) -> list[str]:
        """The problem and the answer so far."""
        return [
            turns[1]["content"] + SEAM + "".join(t["content"] for t in turns[2:])
            for turns in conversations
        ]

    def generate(self, prompts: Any, sampling_params: Any, **_: Any) -> list[Any]:
        """One draw per prompt, in their order."""
        return [self._answer(prompt, sampling_params) for prompt in prompts]

    def _answer(self, prompt: str, how: Any) -> Any:
        problem, path = prompt.split(SEAM)
        to_end = not getattr(how, "stop", None)
        greedy = how.temperature == 0
        ordinal = None if greedy else self.ordinals.take(problem, path, to_end=to_end)
        text, finish = self.script.draw(problem, path, ordinal, to_end=to_end)
        output = SimpleNamespace(
            text=text,
            stop_reason=DELIMITER if finish == "step" else None,
            token_ids=[0] * len(text),
        )
        return SimpleNamespace(outputs=[output])


class RewardModel:
    """In the place of the reward model; texts are cut into steps as for RLHFlow's."""

    def __init__(self, script: Script) -> None:
        self.script = script

    def score(self, problems: Any, texts: Any) -> Any:
        """All steps of all texts of all problems."""
        return [
            [self.script.score(problem, text.split(DELIMITER)) for text in group]
            for problem, group in zip(problems, texts, strict=True)
        ]


class Rows(list[dict[str, Any]]):
    """In the place of ``datasets.Dataset``."""

    def map(self, function: Any, fn_kwargs: Any = None, **_: Any) -> "Rows":
        """Every row with what the function makes of it."""
        return Rows({**row, **function(row, **(fn_kwargs or {}))} for row in self)

    def remove_columns(self, names: Any) -> "Rows":
        """Without these."""
        return Rows({k: v for k, v in row.items() if k not in names} for row in self)


def put_stand_ins() -> None:
    """For everything heavy."""
    for name in ("vllm", "datasets", "huggingface_hub", "sal.models.reward_models"):
        sys.modules[name] = Module(name)


def run(case: dict[str, Any]) -> list[dict[str, Any]]:
    """One configuration on its problems, batch by batch, then the predictions."""
    from sal.config import Config
    from sal.search import beam_search, best_of_n, dvts
    from sal.utils.score import score

    search = {"best_of_n": best_of_n, "beam_search": beam_search, "dvts": dvts}[case["approach"]]
    config = Config(approach=case["approach"], **case["config"])
    script = Script(**case["script"])
    model, reward_model = Model(script), RewardModel(script)
    rows, size = Rows(), config.search_batch_size
    for first in range(0, len(case["problems"]), size):
        batch = {"problem": case["problems"][first : first + size]}
        found = search(batch, config, model, reward_model)
        keys = ("completions", "scores", "completion_tokens", "pred")
        for number, problem in enumerate(batch["problem"]):
            rows.append({"problem": problem} | {key: found[key][number] for key in keys})
    return list(score(rows, config))


def cases() -> list[dict[str, Any]]:
    """Every quirk in at least one of them."""
    many = [f"p{number}" for number in range(3)]
    made: list[dict[str, Any]] = []

    def add(
        name: str, approach: str, problems: Any = ("p",), script: Any = None, **config: Any
    ) -> None:
        if approach == "beam_search":
            config["search_batch_size"] = 1
        full = asdict(Script(**{"seed": len(made), **(script or {})}))
        made.append(
            {
                "name": name,
                "approach": approach,
                "config": config,
                "script": full,
                "problems": list(problems),
            }
        )

    for n in (1, 2, 4, 16):
        add(f"n={n}", "best_of_n", many, n=n)
    add("n not a power of two", "best_of_n", n=6)
    add("several batches", "best_of_n", [f"p{i}" for i in range(5)], n=4, search_batch_size=2)
    add("all truncated", "best_of_n", script={"cut": 0.9, "end": 0, "early": 0}, n=8)
    add("ties", "best_of_n", many, {"digits": 1, "answers": 3}, n=16)
    add("all scores zero", "best_of_n", many, {"digits": 0, "answers": 3}, n=8)
    add("min", "best_of_n", many, n=8, agg_strategy="min")
    add("prod", "best_of_n", many, n=8, agg_strategy="prod")
    add("nothing written", "best_of_n", many, {"nothing": 0.4}, n=8)

    for approach in ("beam_search", "dvts"):
        for n, width in ((4, 4), (4, 2), (4, 1), (8, 4), (16, 4), (16, 2), (16, 8)):
            add(f"n={n} width={width}", approach, many, n=n, beam_width=width, num_iterations=8)
        add("one iteration", approach, many, n=4, num_iterations=1)
        add("early ends", approach, many, {"end": 0.6}, n=8, num_iterations=8)
        add("late ends", approach, many, {"end": 0.03, "early": 0.0}, n=8, num_iterations=6)
        add("truncated", approach, many, {"cut": 0.4}, n=8, num_iterations=8)
        add("nothing written", approach, many, {"nothing": 0.3}, n=8, num_iterations=8)
        add("no answer", approach, many, {"end": 0, "early": 0, "cut": 0}, n=4, num_iterations=4)
        add("duplicates", approach, many, {"words": 1, "answers": 2}, n=8, num_iterations=8)
        add("boxed early", approach, many, {"early": 0.5}, n=8, num_iterations=8)
        add("ties", approach, many, {"digits": 1, "words": 2}, n=8, num_iterations=8)
        add("all tied", approach, many, {"digits": 0, "words": 3}, n=16, num_iterations=8)
        add("blank steps", approach, many, {"blank": 0.4}, n=8, num_iterations=8)
        add("lookahead", approach, many, {"end": 0.15}, n=8, num_iterations=8, lookahead=1)
        add("far lookahead", approach, many, {"end": 0.1}, n=8, num_iterations=6, lookahead=3)
        add("min", approach, many, n=8, num_iterations=8, agg_strategy="min")
        add("prod", approach, many, n=8, num_iterations=8, agg_strategy="prod")
        add("default iterations", approach, n=4)
    for options in (
        {"filter_duplicates": True},
        {"sort_completed": True},
        {"filter_duplicates": True, "sort_completed": True},
    ):
        name = " and ".join(options)
        for words in (1, 2, 6):
            add(
                f"{name}, {words} words",
                "beam_search",
                many,
                {"words": words, "answers": 2},
                n=8,
                num_iterations=8,
                **options,
            )
        add(
            f"{name}, min",
            "beam_search",
            many,
            n=8,
            num_iterations=8,
            agg_strategy="min",
            **options,
        )
    add(
        "wide",
        "beam_search",
        script={"words": 26, "digits": 9, "answers": 50},
        n=64,
        num_iterations=8,
        filter_duplicates=True,
    )
    add("n=6 width=4", "beam_search", many, n=6, beam_width=4, num_iterations=8)
    add("n=5 width=2", "beam_search", many, n=5, beam_width=2, num_iterations=8)
    add("width above n", "beam_search", many, n=2, beam_width=4, num_iterations=6)
    add("n=1", "beam_search", many, n=1, beam_width=4, num_iterations=6)
    add("n=1", "beam_search", many, n=1, beam_width=1, num_iterations=6)
    add("wide", "dvts", many, n=64, num_iterations=6)
    add(
        "several batches",
        "dvts",
        [f"p{i}" for i in range(5)],
        n=8,
        search_batch_size=2,
        num_iterations=6,
    )
    return made


def answers(math_500: Path | None) -> list[list[str]]:
    """Texts, what is extracted from them, and its canonical form."""
    from sal.utils.math import memoized_canonical_form
    from sal.utils.qwen_math_parser import extract_answer

    texts = json.loads((Path(__file__).parent / "solutions.json").read_text(encoding="utf-8"))
    if math_500:
        lines = math_500.read_text(encoding="utf-8").splitlines()
        texts += [rf"\boxed{{{json.loads(line)['answer']}}}" for line in lines]
    texts = list(dict.fromkeys(texts))
    found = [extract_answer(text, "math") for text in texts]
    return [
        [text, answer, memoized_canonical_form(answer)]
        for text, answer in zip(texts, found, strict=True)
    ]


def main(source: str, searches: str, extractions: str, math_500: str | None = None) -> None:
    """Write both files."""
    put_stand_ins()
    sys.path.insert(0, source)
    made = [{**case, "rows": run(case)} for case in cases()]
    with Path(searches).open("w", encoding="utf-8") as file:
        json.dump({"commit": COMMIT, "cases": made}, file, indent=None, separators=(",", ":"))
    with Path(extractions).open("w", encoding="utf-8") as file:
        rows = answers(Path(math_500) if math_500 else None)
        json.dump({"commit": COMMIT, "answers": rows}, file, separators=(",", ":"))


if __name__ == "__main__":
    main(*sys.argv[1:])
