"""The tokenizer: nothing is lost, nothing crashes, and transformers loads it as it is."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("tokenizers")
transformers = pytest.importorskip("transformers")

from tts_async.embedded import GENERATOR_PATH, PRM_PATH  # noqa: E402
from tts_async.embedded.tokenizer import (  # noqa: E402
    ASSISTANT,
    BOS,
    STEP_SEPARATOR,
    USER,
    VOCABULARY,
    build_tokenizer,
    prompt_ids,
)

TOKENIZER = build_tokenizer()
ANSWER = "## Step 1: 9*12 = 108\n108-(41+66)\n\nTherefore, the final answer is: $\\boxed{1}$."
CHARACTERS = [*map(chr, range(32, 127)), "\n", "\t", "\r", "\n\n", "## Step ", "<s>"]
ASCII = st.lists(st.sampled_from(CHARACTERS)).map("".join)


@given(ASCII)
@settings(max_examples=200)
def test_ascii_round_trip(text: str) -> None:
    """Whole and token by token, as a streaming client decodes it."""
    ids = TOKENIZER.encode(text).ids
    assert TOKENIZER.decode(ids, skip_special_tokens=False) == text
    assert "".join(TOKENIZER.decode([i], skip_special_tokens=False) for i in ids) == text


def test_phrases_are_single_tokens() -> None:
    """The step delimiter above all: a step ends on a token boundary."""
    tokens = TOKENIZER.encode(ANSWER).tokens
    for phrase in ("\n\n", "## Step ", ": ", " = ", "}$."):
        assert phrase in tokens
    assert len(VOCABULARY) == 112
    assert TOKENIZER.get_vocab_size() == 112


def test_unknown_characters_become_unk() -> None:
    """A strange character must not crash a request."""
    assert set(TOKENIZER.encode("é√😀").ids) == {VOCABULARY["<unk>"]}


@pytest.mark.parametrize("folder", [GENERATOR_PATH, PRM_PATH], ids=lambda path: path.name)
class TestFolder:
    """What a user of the folders meets."""

    def test_same_ids_through_transformers(self, folder: Path) -> None:
        """Whatever class transformers picks for the model type, the ids are ours."""
        loaded = transformers.AutoTokenizer.from_pretrained(folder)
        assert loaded.encode(ANSWER) == TOKENIZER.encode(ANSWER).ids
        assert loaded.decode(loaded.encode(ANSWER)) == ANSWER
        assert loaded.convert_tokens_to_ids("<extra_0>") == STEP_SEPARATOR
        assert isinstance(loaded.encode("é√😀"), list)

    def test_chat_template(self, folder: Path) -> None:
        """System messages are skipped; the generation prompt is what the model trained on."""
        loaded = transformers.AutoTokenizer.from_pretrained(folder)
        user = {"role": "user", "content": " 3+4 "}
        for messages in ([user], [{"role": "system", "content": "Be brief."}, user]):
            ids = loaded.apply_chat_template(
                messages, add_generation_prompt=True, return_dict=False
            )
            assert ids == prompt_ids(TOKENIZER, "3+4")
            assert (ids[0], ids[1], ids[-1]) == (BOS, USER, ASSISTANT)
        turns = [user, {"role": "assistant", "content": "7"}, {"role": "user", "content": "5-1"}]
        text = loaded.apply_chat_template(turns, add_generation_prompt=True, tokenize=False)
        assert text == "<s><|user|>3+4<|assistant|>7</s><|user|>5-1<|assistant|>"
