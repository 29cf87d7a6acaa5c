"""Learn from search: the right answers that it found become training data for the generator."""

import asyncio
import json
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer
from transformers.utils import logging

from tts_async import BestOfN, Problem, Solver
from tts_async.answers import extract_answer
from tts_async.embedded import GENERATOR_PATH
from tts_async.embedded.arithmetic import training_stream
from tts_async.training import BestAnswers, PreferencePairs, Recipe, StepLabels, export_searches


async def search(folder: Path) -> None:
    """Search for the answers to problems that have one, and write three kinds of rows."""
    problems = [
        Problem(example.text, answer=extract_answer("".join(example.steps)))
        for example in islice(training_stream(seed=7), 20)
    ]
    async with Solver(strategy=BestOfN(n=8, early_stop=False)) as solver:
        results = [result async for result in solver.solve_many(problems, ordered=True)]
    recipes: tuple[Recipe, ...] = (BestAnswers(most=1), PreferencePairs(), StepLabels(soft=True))
    for recipe, name in zip(recipes, ("sft", "dpo", "prm"), strict=True):
        print(f"{name}: {await export_searches(results, recipe, folder / f'{name}.jsonl')}")


def train(rows: list[dict[str, Any]]) -> None:
    """A few steps on one batch, with the loss on the completions and nowhere else."""
    torch.set_num_threads(1)
    tokenizer = AutoTokenizer.from_pretrained(GENERATOR_PATH)
    model = AutoModelForCausalLM.from_pretrained(GENERATOR_PATH, dtype=torch.float32)
    render = tokenizer.apply_chat_template
    texts = [render(row["prompt"] + row["completion"], tokenize=False) for row in rows]
    prompts = [render(r["prompt"], tokenize=False, add_generation_prompt=True) for r in rows]
    batch = tokenizer(texts, padding=True, add_special_tokens=False, return_tensors="pt")
    labels = batch["input_ids"].masked_fill(batch["attention_mask"] == 0, -100)
    for row, prompt in zip(labels, prompts, strict=True):
        row[: len(tokenizer(prompt, add_special_tokens=False)["input_ids"])] = -100
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-4)
    for step in range(6):
        loss = model(**batch, labels=labels).loss
        if step in {0, 5}:
            print(f"after {step} steps: loss {loss.item():.4f} nats per token on {len(rows)} rows")
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()


if __name__ == "__main__":
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    with TemporaryDirectory() as folder:
        asyncio.run(search(Path(folder)))
        train([json.loads(line) for line in Path(folder, "sft.jsonl").read_text().splitlines()])
