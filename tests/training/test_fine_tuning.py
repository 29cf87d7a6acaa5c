"""Training: the loss, where it looks, that it falls, and that the folder is a verifier."""

import json
import math
from collections.abc import Sequence
from itertools import islice
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

from tts_async import Problem, ScoreRequest  # noqa: E402
from tts_async.embedded import GENERATOR_PATH  # noqa: E402
from tts_async.embedded.arithmetic import check_steps, training_stream  # noqa: E402
from tts_async.errors import ConfigurationError  # noqa: E402
from tts_async.training import (  # noqa: E402
    LabelledSolution,
    TrainingOptions,
    TrainingReport,
    train_verifier,
)
from tts_async.training.fine_tuning import fitting_aggregation, separator_loss  # noqa: E402
from tts_async.verifiers import LocalVerifier  # noqa: E402

OPTIONS = TrainingOptions(learning_rate=3e-3, batch_tokens=4096, epochs=2, warm_up=0.0, seed=3)


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


def tampered(count: int) -> list[LabelledSolution]:
    """Teacher solutions; in every other one the first calculation is off."""
    rows = []
    for number, example in enumerate(islice(training_stream(5), count)):
        steps = list(example.steps)
        if number % 2:
            steps[0] = steps[0].replace(" = ", " = 9", 1)
        rows.append(
            LabelledSolution(
                problem=Problem(example.text),
                steps=tuple(steps),
                labels=tuple(check_steps(example.expression, steps)),
                labelled_by="check_steps",
            )
        )
    return rows


def train(
    out: Path, solutions: Sequence[LabelledSolution], options: TrainingOptions = OPTIONS
) -> TrainingReport:
    """From the embedded generator, silently."""
    return train_verifier(GENERATOR_PATH, solutions, out, options=options, tell=lambda _: None)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, TrainingReport]:
    """A folder after a few steps, and what was reported of it."""
    folder = tmp_path_factory.mktemp("trained")
    torch.set_num_threads(1)
    return folder, train(folder, tampered(48))


def test_the_loss_of_hand_made_logits() -> None:
    """Where there is a target, and nowhere else; a share is a target as it is."""
    logits = torch.tensor([[[0.0, 0.0], [9.0, -9.0], [0.0, math.log(3)]]])
    nothing = -100.0
    assert separator_loss(logits, torch.tensor([[1.0, nothing, nothing]])) == pytest.approx(
        math.log(2)
    )
    right = -math.log(3 / 4)
    wrong = -math.log(1 / 4)
    assert separator_loss(logits, torch.tensor([[nothing, nothing, 1.0]])) == pytest.approx(right)
    soft = separator_loss(logits, torch.tensor([[nothing, nothing, 0.25]]))
    assert soft == pytest.approx(0.25 * right + 0.75 * wrong)


def test_the_loss_falls(trained: tuple[Path, TrainingReport]) -> None:
    """Twice over the data is enough to see it."""
    _, report = trained
    assert (report.solutions, report.too_long, report.steps) == (48, 0, len(report.losses))
    assert report.losses[0] == pytest.approx(math.log(2), abs=0.15)
    assert report.losses[-1] < 0.9 * report.losses[0]


async def test_the_folder_is_a_verifier(trained: tuple[Path, TrainingReport]) -> None:
    """``LocalVerifier`` gives what transformers computes at the separators, written by hand."""
    folder, _ = trained
    steps = ("## Step 1: 2*3 = 6\n6+4\n\n", "## Step 2: 6+4 = 10\n10\n\n")
    async with LocalVerifier(folder) as verifier:
        (found,) = await verifier.score([ScoreRequest(Problem("2*3+4"), steps)])
        assert verifier.aggregation == "prod"
    assert found == pytest.approx(slow_scores(folder, "2*3+4", steps), abs=1e-4)


def slow_scores(folder: Path, problem: str, steps: Sequence[str]) -> list[float]:
    """TRL's format step by step: the start, the problem, then steps, each with a line break."""
    model = transformers.AutoModelForTokenClassification.from_pretrained(folder).eval()
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    ids = [tokenizer.bos_token_id, *tokenizer.encode(problem, add_special_tokens=False)]
    scores = []
    for step in steps:
        ids += tokenizer.encode(step.removesuffix("\n\n"), add_special_tokens=False)
        ids += tokenizer.encode("\n", add_special_tokens=False)
        with torch.inference_mode():
            scores.append(float(model(torch.tensor([ids])).logits[0, -1].softmax(-1)[1]))
    return scores


def test_the_card_says_what_it_is(trained: tuple[Path, TrainingReport]) -> None:
    """Data, options and outcome, and the config names the classes and the aggregation."""
    folder, report = trained
    card = (folder / "README.md").read_text()
    assert f"48 solutions to 48 problems, {sum(len(row.labels) for row in tampered(48))}" in card
    assert "Labelled by: check_steps." in card
    assert f"{report.steps} steps." in card
    assert "| `learning_rate` | `0.003` |" in card
    config = json.loads((folder / "config.json").read_text())
    assert config["architectures"] == ["LlamaForTokenClassification"]
    assert config["id2label"] == {"0": "wrong", "1": "right"}
    assert config["aggregation"] == "prod"


def test_the_same_seed_gives_the_same_weights(tmp_path: Path) -> None:
    """On one thread; another seed gives others."""
    weights = []
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        options = TrainingOptions(learning_rate=1e-3, frozen_trunk=True, seed=seed)
        train(tmp_path / name, tampered(4), options)
        weights.append((tmp_path / name / "model.safetensors").read_bytes())
    assert weights[0] == weights[1] != weights[2]


@pytest.mark.parametrize(
    ("labels", "shares", "aggregation"),
    [
        ((False, True), None, "prod"),  # local
        ((True, False, False), None, "last"),  # cumulative
        ((True, False), None, "prod"),  # up to the first error
        ((True, True), None, "prod"),  # no error at all
        ((True, False), (0.5, 0.0), "min"),  # soft
    ],
)
def test_the_aggregation_follows_from_the_labels(
    labels: tuple[bool, ...], shares: tuple[float, ...] | None, aggregation: str
) -> None:
    """A right solution beside the one in question says nothing about the kind."""
    steps = ("s",) * len(labels)
    row = LabelledSolution(problem=Problem("p"), steps=steps, labels=labels, shares=shares)
    right = LabelledSolution(problem=Problem("q"), steps=("s", "s"), labels=(True, True))
    assert fitting_aggregation([right, row]) == aggregation


def test_what_does_not_fit_is_left_out_and_said(tmp_path: Path) -> None:
    """Never cut; nothing at all to learn from is an error that says why."""
    long = LabelledSolution(problem=Problem("1" * 600), steps=("s",), labels=(True,))
    report = train(tmp_path / "a", [long, *tampered(2)])
    assert (report.solutions, report.too_long) == (2, 1)
    with pytest.raises(ConfigurationError, match=r"none of them.*context of 512"):
        train(tmp_path / "b", [long])
    with pytest.raises(ConfigurationError, match="there are none"):
        train(tmp_path / "b", [])


def test_wrong_use_is_explained(tmp_path: Path) -> None:
    """The option, and what to do."""
    with pytest.raises(ConfigurationError, match="learning_rate: must be positive, got 0"):
        TrainingOptions(learning_rate=0)
    with pytest.raises(ConfigurationError, match=r"warm_up: must be in \[0, 1\), got 1"):
        TrainingOptions(warm_up=1)
    with pytest.raises(ConfigurationError, match="base: cannot make a token classifier of"):
        train_verifier(tmp_path / "nowhere", tampered(1), tmp_path / "out")
    (tmp_path / "file").touch()
    with pytest.raises(ConfigurationError, match="out: cannot write to"):
        train(tmp_path / "file", tampered(1))
    with pytest.raises(ConfigurationError, match="device: 'cuda:99'"):
        train(tmp_path / "out", tampered(1), TrainingOptions(device="cuda:99"))
