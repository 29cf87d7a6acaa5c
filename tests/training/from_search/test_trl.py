"""TRL itself takes the rows as they are; skipped where it is not installed."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.training.from_search.trees import RIGHT, rows_of
from tts_async.embedded import GENERATOR_PATH
from tts_async.training import BestAnswers, PreferencePairs, Recipe

trl = pytest.importorskip("trl")
datasets = pytest.importorskip("datasets")
transformers = pytest.importorskip("transformers")

pytestmark = pytest.mark.filterwarnings("ignore")  # what TRL warns about is not ours
WHERE = {"use_cpu": True, "max_steps": 1, "per_device_train_batch_size": 2, "report_to": "none"}


@pytest.fixture
def tokenizer() -> Any:
    """The embedded generator's, with its chat template."""
    return transformers.AutoTokenizer.from_pretrained(GENERATOR_PATH)


def load(rows: list[dict[str, Any]], path: Path) -> Any:
    """The rows from a file, as a user of TRL loads them."""
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return datasets.load_dataset(
        "json", data_files=str(path), split="train", cache_dir=str(path.parent / "cache")
    )


@pytest.mark.parametrize(
    "recipe", [BestAnswers(), PreferencePairs(), PreferencePairs(between="answers")], ids=str
)
async def test_the_chat_template_is_applied(recipe: Recipe, tokenizer: Any) -> None:
    """A completion begins where the assistant speaks and ends with the end of its turn."""
    for row in await rows_of(recipe):
        assert trl.is_conversational(row)
        text = trl.apply_chat_template(row, tokenizer)
        assert text["prompt"] == "<s><|user|>what is it?<|assistant|>"
        for column in recipe.content[1:]:
            assert text[column] == row[column][0]["content"] + "</s>"


async def test_a_step_of_supervised_fine_tuning(tmp_path: Path, tokenizer: Any) -> None:
    """The loss is on the completion, end of sequence included, and on nothing else."""
    rows = await rows_of(BestAnswers())
    trainer = trl.SFTTrainer(
        str(GENERATOR_PATH),
        args=trl.SFTConfig(str(tmp_path), completion_only_loss=True, **WHERE),
        train_dataset=load(rows, tmp_path / "rows.jsonl"),
        processing_class=tokenizer,
    )
    first = trainer.train_dataset[0]
    learned = [token for token in first["labels"] if token >= 0]
    assert tokenizer.decode(learned) == f"a\n\n{RIGHT}</s>"
    assert trainer.train().training_loss > 0


async def test_a_step_of_preference_optimization(tmp_path: Path, tokenizer: Any) -> None:
    """Both completions begin with the tokens that they share."""
    rows = await rows_of(PreferencePairs())
    trainer = trl.DPOTrainer(
        str(GENERATOR_PATH),
        args=trl.DPOConfig(str(tmp_path), **WHERE),
        train_dataset=load(rows, tmp_path / "rows.jsonl"),
        processing_class=tokenizer,
    )
    first = trainer.train_dataset[0]
    shared = tokenizer(rows[0]["beginning"], add_special_tokens=False)["input_ids"]
    for side in ("chosen_ids", "rejected_ids"):
        assert first[side][: len(shared)] == shared
        assert first[side][-1] == tokenizer.eos_token_id
    assert trainer.train().training_loss == pytest.approx(0.6931, abs=0.01)  # ln 2: no difference
