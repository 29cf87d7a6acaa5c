"""The network, its export, and the committed weights."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

from safetensors.torch import load_file  # noqa: E402

from tts_async.embedded import GENERATOR_PATH, PRM_PATH  # noqa: E402
from tts_async.embedded.arithmetic import check_steps  # noqa: E402
from tts_async.embedded.export import (  # noqa: E402
    load_generator,
    load_prm,
    save_generator,
    save_prm,
)
from tts_async.embedded.measure import (  # noqa: E402
    answer_of,
    problems_of_all_levels,
    score,
)
from tts_async.embedded.model import (  # noqa: E402
    LanguageModel,
    ModelConfig,
    RewardModel,
)
from tts_async.embedded.rollout import continue_ids, sample_steps  # noqa: E402
from tts_async.embedded.tokenizer import STEP_SEPARATOR, VOCABULARY  # noqa: E402
from tts_async.embedded.train_generator import train_generator  # noqa: E402
from tts_async.embedded.train_prm import grow  # noqa: E402
from tts_async.step_metrics import area_under_curve  # noqa: E402

AUC_FLOOR = 0.95
TINY = ModelConfig(hidden=64, layers=2, heads=2, kv_heads=1, mlp=64)
IDS = torch.arange(3, 43)[None]


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


def test_export_is_a_llama(tmp_path: Path) -> None:
    """The transformers library computes the same logits from the exported folder."""
    torch.manual_seed(0)
    save_generator(LanguageModel(TINY), tmp_path)
    ours = load_generator(tmp_path)
    theirs = transformers.AutoModelForCausalLM.from_pretrained(tmp_path, dtype=torch.float32)
    with torch.no_grad():
        assert torch.allclose(ours(IDS), theirs(IDS).logits, atol=1e-4)


@pytest.mark.parametrize("committed", [False, True], ids=["random", "committed"])
def test_export_is_a_qwen2_with_a_head(tmp_path: Path, committed: bool) -> None:
    """`transformers.Qwen2Model` and the stored head give the scores that we give."""
    folder = PRM_PATH if committed else tmp_path
    if not committed:
        torch.manual_seed(1)
        model = grow(LanguageModel(TINY))
        for name, parameter in model.named_parameters():
            if name.endswith("_proj.bias"):
                torch.nn.init.normal_(parameter)
        save_prm(model, tmp_path)
    ours = load_prm(folder)
    trunk = transformers.Qwen2Model.from_pretrained(folder, dtype=torch.float32)
    head = {k: v.float() for k, v in load_file(folder / "model.safetensors").items() if "sc" in k}
    with torch.no_grad():
        hidden = trunk(IDS).last_hidden_state
        inner = torch.relu(hidden @ head["score.0.weight"].T + head["score.0.bias"])
        logits = inner @ head["score.2.weight"].T + head["score.2.bias"]
        assert torch.allclose(ours(IDS), logits, atol=1e-4)


def test_grown_model_keeps_the_trunk_frozen() -> None:
    """Only new layers, norm and head are trained; the separator starts as a step end."""
    trunk = LanguageModel(TINY)
    model = grow(trunk)
    trained = {name for name, p in model.named_parameters() if p.requires_grad}
    assert trained
    assert not any(name.startswith(("model.embed", "model.layers.0.")) for name in trained)
    embedding = model.model.embed_tokens.weight
    assert torch.equal(embedding[STEP_SEPARATOR], embedding[VOCABULARY["\n\n"]])


def test_cache_and_left_padding_change_nothing() -> None:
    """A short prompt beside a long one continues as it does alone, and as without a cache."""
    torch.manual_seed(0)
    model = LanguageModel(TINY).eval()
    prompts = [[1, 4, 9, 5], [1, 4, *range(7, 37), 5]]
    random = torch.Generator().manual_seed(0)
    both = continue_ids(model, prompts, temperature=0, random=random, limit=12)
    for prompt, found in zip(prompts, both, strict=True):
        ids = list(prompt)
        for token in found:
            with torch.no_grad():
                assert int(model(torch.tensor([ids]))[0, -1].argmax()) == token
            ids.append(token)


def test_training_is_deterministic(tmp_path: Path) -> None:
    """Same seed, same weights."""
    states = []
    for name in ("a", "b"):
        train_generator(
            size="small", steps=2, seed=5, out=tmp_path / name, tokens=1024, compiled=False
        )
        states.append(load_file(tmp_path / name / "model.safetensors"))
    assert all(torch.equal(states[0][key], states[1][key]) for key in states[0])


def test_committed_files_are_small_and_complete() -> None:
    """6 MB together is a promise of the repository."""
    folders = [GENERATOR_PATH, PRM_PATH]
    files = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) <= 6_000_000
    config = json.loads((PRM_PATH / "config.json").read_text(encoding="utf-8"))
    assert config["architectures"] == ["Qwen2ForProcessRewardModel"]
    assert config["num_labels"] == 2


def test_committed_generator_solves_and_leaves_room() -> None:
    """Greedy is far from useless and far from perfect: both are the point."""
    problems = problems_of_all_levels(40, seed=9)
    answers = sample_steps(
        load_generator(GENERATOR_PATH), [p.text for p in problems], count=1, temperature=0, seed=0
    )
    right = [answer_of(a[0]) == p.answer for a, p in zip(answers, problems, strict=True)]
    assert 0.25 <= sum(right) / len(right) <= 0.75


def test_committed_prm_tells_right_steps_from_wrong_ones() -> None:
    """On the committed generator's own samples of held-out problems."""
    problems = problems_of_all_levels(30, seed=9)
    sampled = sample_steps(
        load_generator(GENERATOR_PATH), [p.text for p in problems], count=4, temperature=1, seed=0
    )
    pairs = [(p, steps) for p, answers in zip(problems, sampled, strict=True) for steps in answers]
    scores = score(load_prm(PRM_PATH), [p.text for p, _ in pairs], [steps for _, steps in pairs])
    labels = [label for p, steps in pairs for label in check_steps(p.expression, steps)]
    curve = area_under_curve([s for row in scores for s in row], labels)
    assert curve is not None
    assert curve > AUC_FLOOR


def test_reward_model_has_two_labels() -> None:
    """One row of two logits per token."""
    assert RewardModel(TINY)(IDS).shape == (1, IDS.shape[1], 2)
