"""From a folder or a hub's name to a model: which backend, and what is said when it cannot be."""

import json
import shutil
from pathlib import Path
from typing import Any

import huggingface_hub.constants
import pytest
import torch
from safetensors.torch import load_file
from transformers import GPT2Config, GPT2LMHeadModel

from tests.inference.tiny_models import (
    QWEN_TOKENS,
    byte_level_tokenizer,
    randomised,
    save_network,
    save_outcome,
    save_qwen_math,
    save_tokenizer,
    save_trl,
)
from tts_async.errors import ConfigurationError
from tts_async.inference.chat_tokenizer import ChatTokenizer
from tts_async.inference.families import FAMILIES, ChatSteps, Head, Text, TextSteps, Token
from tts_async.inference.hub import model_folder
from tts_async.inference.reward_model import DecoderRewardModel
from tts_async.inference.reward_model_loading import (
    choose_family,
    enough_memory,
    load_reward_model,
)
from tts_async.inference.score_head import ScoreHead, label_ids
from tts_async.inference.transformers_reward_model import TransformersRewardModel

PLACE: dict[str, Any] = {"dtype": "float32", "device": "cpu"}
IDS = [tuple(range(7, 19))]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny token classifier."""
    return save_trl(tmp_path_factory.mktemp("trl"))


def change_config(folder: Path, **settings: object) -> None:
    """Set these keys of a folder's config."""
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | settings))


def test_the_backend_is_the_one_that_can(folder: Path, tmp_path: Path) -> None:
    """Native where the architecture is known; transformers for its options and for the rest."""
    head = FAMILIES["trl"].head
    native = load_reward_model(folder, head, **PLACE)
    assert isinstance(native, DecoderRewardModel)
    eager = {"attn_implementation": "eager"}
    asked = load_reward_model(folder, head, **PLACE, model_kwargs=eager)
    assert isinstance(asked, TransformersRewardModel)
    assert asked._trunk.config._attn_implementation == "eager"
    assert asked.score(IDS, [(11,)])[0] == pytest.approx(native.score(IDS, [(11,)])[0], abs=1e-4)
    other = shutil.copytree(folder, tmp_path / "other")
    change_config(other, use_sliding_window=True)
    assert isinstance(load_reward_model(other, head, **PLACE), TransformersRewardModel)
    with pytest.raises(ConfigurationError, match=r"Qwen2ForTokenClassification.* does not run on"):
        load_reward_model(other, head, **PLACE, backend="native")


def test_an_architecture_that_only_transformers_knows(tmp_path: Path) -> None:
    """A GPT-2 judges like RLHFlow's models, with the head that is its embedding."""
    size = save_tokenizer(tmp_path, byte_level_tokenizer(QWEN_TOKENS))
    config = GPT2Config(vocab_size=size, n_embd=48, n_layer=2, n_head=3, n_positions=64)
    network = randomised(GPT2LMHeadModel, config).eval()
    save_network(tmp_path, network, "GPT2LMHeadModel")
    head = FAMILIES["rlhflow"].head
    labels = label_ids(head, ChatTokenizer(tmp_path))
    model = load_reward_model(tmp_path, head, **PLACE, label_ids=labels)
    assert model.context_length == 64
    with torch.inference_mode():
        logits = network(torch.tensor(IDS)).logits[0, [4, 11]][:, labels]
    expected = logits.softmax(-1)[:, 0].tolist()
    assert model.score(IDS, [(4, 11)])[0] == pytest.approx(expected, abs=1e-5)


def test_weights_in_the_older_format(folder: Path, tmp_path: Path) -> None:
    """``pytorch_model.bin``, in one file and in several, read without running anything in it."""
    old = shutil.copytree(folder, tmp_path / "old")
    tensors = load_file(old / "model.safetensors")
    (old / "model.safetensors").unlink()
    torch.save(tensors, old / "pytorch_model.bin")
    head = FAMILIES["trl"].head
    expected = load_reward_model(folder, head, **PLACE).score(IDS, [(11,)])
    assert load_reward_model(old, head, **PLACE).score(IDS, [(11,)]) == expected
    (old / "pytorch_model.bin").unlink()
    weight_map = {name: f"part-{index % 2}.bin" for index, name in enumerate(sorted(tensors))}
    for part in set(weight_map.values()):
        own = {name: t for name, t in tensors.items() if weight_map[name] == part}
        torch.save(own, old / part)
    (old / "pytorch_model.bin.index.json").write_text(json.dumps({"weight_map": weight_map}))
    assert load_reward_model(old, head, **PLACE).score(IDS, [(11,)]) == expected
    (old / "part-0.bin").write_bytes(b"not weights")
    with pytest.raises(ConfigurationError, match=r"corrupted weights in .*part-0\.bin"):
        load_reward_model(old, head, **PLACE)


def test_missing_weights_are_never_random(folder: Path, tmp_path: Path) -> None:
    """Both backends name what is not in the files."""
    broken = shutil.copytree(folder, tmp_path / "broken")
    tensors = load_file(broken / "model.safetensors")
    lost = tensors.pop("model.layers.1.mlp.down_proj.weight")
    (broken / "model.safetensors").unlink()
    torch.save(tensors, broken / "pytorch_model.bin")
    for backend in ("native", "transformers"):
        with pytest.raises(ConfigurationError, match=r"lack .*layers\.1\.mlp\.down_proj\.weight"):
            load_reward_model(broken, FAMILIES["trl"].head, **PLACE, backend=backend)
    with pytest.raises(ConfigurationError, match=r"the weights lack v_head\.summary\.weight"):
        load_reward_model(folder, FAMILIES["skywork"].head, **PLACE)
    with pytest.raises(ConfigurationError, match="has 48 outputs, and the score is said to be num"):
        ScoreHead(Head(("h",), positive=48), {"h.weight": lost}, device=torch.device("cpu"))


def test_max_path_tokens_bounds_the_context(folder: Path) -> None:
    """Below the model's own, never above."""
    for backend in ("native", "transformers"):
        for asked, given in ((100, 100), (100_000, 2048)):
            model = load_reward_model(
                folder, FAMILIES["trl"].head, **PLACE, backend=backend, max_path_tokens=asked
            )
            assert model.context_length == given


def test_a_window_of_attention_is_the_native_context(tmp_path: Path) -> None:
    """Within the window nothing slides."""
    folder = save_outcome(tmp_path)
    change_config(folder, model_type="mistral", sliding_window=128)
    model = load_reward_model(folder, FAMILIES["outcome"].head, **PLACE)
    assert (type(model), model.context_length) == (DecoderRewardModel, 128)


def test_unusable_options_say_what_to_do(folder: Path) -> None:
    """A device that is not there, a package or an option that transformers does not have."""
    head = FAMILIES["trl"].head
    with pytest.raises(ConfigurationError, match="device: 'cuda:99' cannot be used here"):
        load_reward_model(folder, head, dtype="float32", device="cuda:99")
    four_bits = {"quantization_config": {"quant_method": "bitsandbytes", "load_in_4bit": True}}
    for options in (four_bits, {"attn_implementation": "flash_attention_2"}):
        with pytest.raises(ConfigurationError, match="transformers cannot load"):
            load_reward_model(folder, head, **PLACE, model_kwargs=options)


def test_too_little_memory_is_an_error_with_advice(folder: Path) -> None:
    """Whatever asked for the memory."""
    advice = r"cpu has not enough free memory for .* in float32: .* GB of weights; use dtype="
    with (
        pytest.raises(ConfigurationError, match=advice),
        enough_memory(folder, dtype="float32", device="cpu"),
    ):
        torch.empty(1 << 60)
    with pytest.raises(RuntimeError, match="else"), enough_memory(folder, dtype="x", device="y"):
        raise RuntimeError("something else")


def test_the_family_of_a_folder(folder: Path, tmp_path: Path) -> None:
    """Recognised, named, given, unknown; the folder may say more, except to a given one."""
    assert choose_family(folder, None, name="x") is FAMILIES["trl"]
    assert choose_family(folder, "skywork", name="x") is FAMILIES["skywork"]
    qwen = save_qwen_math(tmp_path)
    assert choose_family(qwen, None, name="x").aggregation == "prod"
    change_config(qwen, aggregation="min")
    assert choose_family(qwen, None, name="x").aggregation == "min"
    change_config(qwen, aggregation="max")
    with pytest.raises(ConfigurationError, match="aggregation: unknown 'max'"):
        choose_family(qwen, None, name="x")
    assert choose_family(qwen, FAMILIES["trl"], name="x") is FAMILIES["trl"]
    change_config(qwen, aggregation="last", step_separator="<step>")
    layout = choose_family(qwen, None, name="x").layout
    assert layout == ChatSteps(Token("<step>"))
    assert choose_family(qwen, "trl", name="x").layout == TextSteps(Text("<step>"))
    assert choose_family(qwen, "skywork", name="x").layout == FAMILIES["skywork"].layout
    change_config(qwen, architectures=["Qwen2ForCausalLM"])
    with pytest.raises(ConfigurationError, match=r"x: Qwen2ForCausalLM .* pass family=, one of qw"):
        choose_family(qwen, None, name="x")


def test_a_name_of_the_hub(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Out of the cache without a network; what is not there is named, with a way to get it."""
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(ConfigurationError, match=r"nobody/nothing is no folder here.*hf download"):
        model_folder("nobody/nothing")
    cached = tmp_path / "models--me--prm"
    shutil.copytree(folder, cached / "snapshots" / "abc")
    (cached / "refs").mkdir()
    (cached / "refs" / "main").write_text("abc")
    assert model_folder("me/prm") == cached / "snapshots" / "abc"
    assert model_folder(str(folder)) == folder
    assert model_folder("/nowhere") == Path("/nowhere")  # which then says that it is not there
