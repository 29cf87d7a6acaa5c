"""The reward model and the queue before it, without a process around them."""

import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import GPT2Config, PreTrainedTokenizerFast, Qwen2Config, Qwen2Model

from tts_async.embedded.tokenizer import BOS, EOS, STEP_SEPARATOR, VOCABULARY, save_tokenizer
from tts_async.errors import ConfigurationError
from tts_async.inference.families import FAMILIES
from tts_async.inference.path_scorers import MarkedPath
from tts_async.inference.reward_model import DecoderRewardModel
from tts_async.inference.scoring_queue import Query, ScoringQueue
from tts_async.types.problem import Problem

HIDDEN = 64


def save_reward_model(folder: Path) -> Path:
    """A folder with a tiny random process reward model and the embedded tokenizer."""
    torch.manual_seed(2)
    config = Qwen2Config(
        vocab_size=len(VOCABULARY),
        hidden_size=HIDDEN,
        intermediate_size=96,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=512,
        initializer_range=0.2,
        bos_token_id=BOS,
        eos_token_id=EOS,
        architectures=["Qwen2ForProcessRewardModel"],
    )
    trunk = Qwen2Model(config)
    for name, parameter in trunk.named_parameters():
        if name.endswith("bias"):
            torch.nn.init.normal_(parameter, std=0.2)
    trunk.save_pretrained(folder)
    save_tokenizer(folder, max_length=512)
    head = {
        "score.0.weight": torch.randn(HIDDEN, HIDDEN) / 8,
        "score.0.bias": torch.randn(HIDDEN) / 8,
        "score.2.weight": torch.randn(2, HIDDEN) / 8,
        "score.2.bias": torch.randn(2) / 8,
    }
    trunk_weights = {f"model.{name}": tensor for name, tensor in trunk.state_dict().items()}
    save_file(trunk_weights | head, folder / "model.safetensors", metadata={"format": "pt"})
    config.architectures = ["Qwen2ForProcessRewardModel"]
    config.save_pretrained(folder)
    return folder


def literal_scores(folder: Path, problem: Problem, steps: Sequence[str]) -> list[float]:
    """The slow way: for every step, the whole text up to its end, alone, through transformers."""
    tokenizer = PreTrainedTokenizerFast.from_pretrained(folder)
    weights = load_file(folder / "model.safetensors")
    trunk = Qwen2Model(Qwen2Config.from_pretrained(folder)).eval()
    trunk.load_state_dict(
        {name.removeprefix("model."): t for name, t in weights.items() if "score" not in name}
    )
    ids = list(
        tokenizer.apply_chat_template(
            [{"role": "user", "content": problem.text}],
            add_generation_prompt=True,
            return_dict=False,
        )
    )
    scores = []
    for step in steps:
        text = step.removesuffix("\n\n")
        ids += [*tokenizer.encode(text, add_special_tokens=False), STEP_SEPARATOR]
        with torch.inference_mode():
            state = trunk(torch.tensor([ids])).last_hidden_state[0, -1]
            inner = (weights["score.0.weight"] @ state + weights["score.0.bias"]).relu()
            labels = weights["score.2.weight"] @ inner + weights["score.2.bias"]
        scores.append(float(labels.softmax(-1)[1]))
    return scores


def test_damaged_folders_are_named(tmp_path: Path) -> None:
    """Damaged weights, a lacking head, another architecture: named."""
    folder = save_reward_model(tmp_path / "whole")
    damaged = shutil.copytree(folder, tmp_path / "damaged")
    (damaged / "model.safetensors").write_bytes(b"not weights")
    headless = shutil.copytree(folder, tmp_path / "headless")
    tensors = load_file(folder / "model.safetensors")
    del tensors["score.2.weight"]
    save_file(tensors, headless / "model.safetensors")
    other = shutil.copytree(folder, tmp_path / "other")
    GPT2Config(architectures=["GPT2LMHeadModel"]).save_pretrained(other)
    head = FAMILIES["qwen-math-prm"].head
    for broken, message in (
        (damaged, "corrupted weights in .*damaged/model.safetensors"),
        (headless, "the weights lack score.2.weight"),
        (other, r"other: GPT2LMHeadModel \(model_type 'gpt2'\) does not run on the native backend"),
    ):
        with pytest.raises(ConfigurationError, match=message):
            DecoderRewardModel(broken, head, dtype=torch.float32, device=torch.device("cpu"))


class FirstIds:
    """Scores a path with its first id, two paths at a time."""

    def __init__(self) -> None:
        self.counts = {"computed_tokens": 7}

    def score(self, paths: Iterable[MarkedPath]) -> list[list[float]]:
        """As ``PathScorer`` says."""
        return [[float(path.ids[0])] for path, _ in zip(paths, range(2), strict=False)]


def test_the_queue_forgets_what_it_should() -> None:
    """Cancelled queries take only their own paths along; the memory keeps the latest paths."""
    queue = ScoringQueue(FirstIds(), remembered=3)
    a, b, c, d, e = (MarkedPath((number, 0), (1,)) for number in range(5))
    assert not queue.add(Query(1, [a, b]))
    assert not queue.add(Query(2, [b, c, d]))
    queue.cancel(1)
    assert queue.waiting == 3
    assert queue.step() == []  # two of three
    (done,) = queue.step()
    assert done.scores == [[1.0], [2.0], [3.0]]
    assert queue.add(Query(3, [d, b, d]))
    assert not queue.add(Query(4, [e]))
    assert queue.step()[0].scores == [[4.0]]
    assert not queue.add(Query(5, [c]))  # the one of four that was not used for longest
    assert queue.counts == {
        "batches": 3,
        "paths": 4,
        "tokens": 8,
        "remembered": 2,
        "computed_tokens": 7,
    }
