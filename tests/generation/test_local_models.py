"""Our decoder, cache and templates agree with transformers on tiny random models."""

from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import (
    AutoModelForCausalLM,
    GPT2Config,
    LlamaConfig,
    PreTrainedConfig,
    PreTrainedTokenizerFast,
    Qwen2Config,
)

from tts_async.embedded.tokenizer import BOS, EOS, VOCABULARY, save_tokenizer
from tts_async.errors import ConfigurationError
from tts_async.inference.chat_tokenizer import ChatTokenizer
from tts_async.inference.language_model import (
    DecoderLanguageModel,
    LanguageModel,
    load_language_model,
)
from tts_async.inference.slot_cache import SlotCache
from tts_async.inference.transformers_model import TransformersLanguageModel

torch.set_num_threads(1)  # as in the child
CPU = torch.device("cpu")
PLACE: dict[str, Any] = {"dtype": torch.float32, "device": CPU}
SIZES: dict[str, Any] = {
    "vocab_size": len(VOCABULARY),
    "hidden_size": 48,
    "intermediate_size": 80,
    "num_hidden_layers": 2,
    "num_attention_heads": 3,
    "num_key_value_heads": 1,
    "max_position_embeddings": 256,
    "initializer_range": 0.2,  # far from uniform, so that a wrong number changes the choice
    "bos_token_id": BOS,
    "eos_token_id": EOS,
}
CONFIGS: dict[str, PreTrainedConfig] = {
    "llama": LlamaConfig(**SIZES, head_dim=16, tie_word_embeddings=True),
    "llama with biases": LlamaConfig(**SIZES, head_dim=32, attention_bias=True),
    "qwen2": Qwen2Config(**SIZES),
    "gpt2": GPT2Config(**(SIZES | {"n_embd": 48, "n_layer": 2, "n_head": 3, "n_positions": 256})),
}


def save_model(folder: Path, config: PreTrainedConfig) -> Path:
    """A folder with a random model of this configuration and the embedded tokenizer."""
    torch.manual_seed(1)
    model = AutoModelForCausalLM.from_config(config)
    for name, parameter in model.named_parameters():
        if name.endswith("bias"):  # transformers starts them at zero
            torch.nn.init.normal_(parameter, std=0.2)
    model.save_pretrained(folder)
    save_tokenizer(folder, max_length=config.max_position_embeddings)
    return folder


def greedy_by_transformers(folder: Path, path: list[int], tokens: int) -> list[int]:
    """The slow literal loop: the whole sequence again for every token."""
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    drawn: list[int] = []
    with torch.inference_mode():
        while len(drawn) < tokens and (not drawn or drawn[-1] != EOS):
            logits = model(torch.tensor([path + drawn])).logits[0, -1]
            drawn.append(int(logits.argmax()))
    return drawn


@pytest.fixture(scope="module", params=CONFIGS)
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny model of each architecture."""
    return save_model(tmp_path_factory.mktemp("model"), CONFIGS[request.param])


def decode_all(model: LanguageModel, ids: list[int], *, known: int) -> torch.Tensor:
    """Logits after each token from ``known`` on: prefill up to there, then step by step."""
    cache = SlotCache(model.cache_shape, rows=4, **PLACE)
    with torch.inference_mode():
        cache.fill(0, *model.prefill([ids[:known]])[0])
        steps = [
            model.decode(torch.tensor([token]), torch.tensor([position]), cache)
            for position, token in enumerate(ids[known:], start=known)
        ]
    return torch.cat(steps)


def test_logits_are_those_of_transformers(folder: Path) -> None:
    """Prefill and 80 cached steps (the cache grows on the way) give the full pass's logits."""
    ids = torch.randint(7, len(VOCABULARY), (100,), generator=torch.Generator().manual_seed(0))
    reference = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    with torch.inference_mode():
        expected = reference(ids[None]).logits[0, 20:]
    model = load_language_model(folder, **PLACE)
    torch.testing.assert_close(
        decode_all(model, ids.tolist(), known=20), expected, atol=1e-4, rtol=1e-4
    )


def test_only_unknown_architectures_need_transformers(tmp_path: Path) -> None:
    """Llama and Qwen2 run on our decoder, the rest on transformers' classes."""
    kinds = {
        name: type(load_language_model(save_model(tmp_path / name, config), **PLACE))
        for name, config in CONFIGS.items()
    }
    assert kinds.pop("gpt2") is TransformersLanguageModel
    assert set(kinds.values()) == {DecoderLanguageModel}


@pytest.mark.parametrize("rows", [1, 2, 5, 33])
def test_a_row_does_not_depend_on_the_others(tmp_path: Path, rows: int) -> None:
    """A sequence's logits are the same to the last bit whatever decodes or prefills beside it."""
    model = load_language_model(save_model(tmp_path, CONFIGS["llama"]), **PLACE)
    generator = torch.Generator().manual_seed(rows)
    paths = [
        torch.randint(7, 100, (3 + 5 * row,), generator=generator).tolist() for row in range(rows)
    ]

    def logits(chosen: list[list[int]]) -> torch.Tensor:
        cache = SlotCache(model.cache_shape, rows=max(4, rows), **PLACE)
        for row, prefix in enumerate(model.prefill([path[:-1] for path in chosen])):
            cache.fill(row, *prefix)
        last = torch.tensor([path[-1] for path in chosen])
        return model.decode(last, torch.tensor([len(path) - 1 for path in chosen]), cache)

    with torch.inference_mode():
        together = logits(paths)
        for path, row in zip(paths, together, strict=True):
            assert torch.equal(logits([path])[0], row)


TEMPLATES = {
    "embedded": None,
    "filters": """{%- for m in messages -%}[{{ m.role | upper }}] {{ m['content'] | tojson }}
{% endfor %}{% if add_generation_prompt %}[GO]{{ eos_token }}{% endif %}""",
    "control": """{% for m in messages %}
    {% if m.role == 'tool' %}{{ raise_exception('no') }}{% endif %}
    {% if loop.index > 1 %}{% break %}{% endif %}
    {{ m.content }}
{% endfor %}""",
}


@pytest.mark.parametrize("template", TEMPLATES.values(), ids=TEMPLATES)
def test_prompts_are_those_of_transformers(tmp_path: Path, template: str | None) -> None:
    """Chat templates give the ids that transformers gives."""
    save_tokenizer(tmp_path, max_length=256)
    if template is not None:
        (tmp_path / "chat_template.jinja").write_text(template)
    reference = PreTrainedTokenizerFast.from_pretrained(tmp_path)
    tokenizer = ChatTokenizer(tmp_path)
    conversation = (("system", "be <brief>"), ("user", "What is 1+1?\n"), ("assistant", "2"))
    messages = [{"role": role, "content": content} for role, content in conversation]
    text = reference.apply_chat_template(messages, add_generation_prompt=True, tokenize=False)
    assert tokenizer.render(conversation) == text
    ids = reference.apply_chat_template(messages, add_generation_prompt=True, return_dict=False)
    assert list(tokenizer.prompt_ids(conversation)) == list(ids)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("model.safetensors", b"not weights", "corrupted weights in .*/model.safetensors: "),
        ("model.safetensors", None, "no weights in .*model.safetensors is missing"),
        ("tokenizer.json", None, "no tokenizer.json in"),
        ("tokenizer.json", b"{}", "cannot read .*tokenizer.json"),
        ("config.json", None, "cannot read .*config.json: No such file"),
        ("config.json", b"{", "config.json is not valid JSON"),
        ("config.json", b'{"model_type": "llama"}', "lack 'num_attention_heads'"),
    ],
)
def test_damaged_folders_are_named(
    tmp_path: Path, name: str, content: bytes | None, message: str
) -> None:
    """A missing or damaged file: the message names the path and the fault."""
    save_model(tmp_path, CONFIGS["llama"])
    (tmp_path / name).unlink()
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(ConfigurationError, match=message):
        load_language_model(tmp_path, **PLACE), ChatTokenizer(tmp_path)
