"""Every family scores as its model card says, on both backends, in every batch."""

from collections.abc import Sequence
from pathlib import Path

import pytest
import torch

from tests.inference.literal_scores import LITERAL
from tests.inference.tiny_models import SAVERS
from tts_async.inference.chat_tokenizer import ChatTokenizer
from tts_async.inference.families import FAMILIES
from tts_async.inference.path_marker import PathMarker
from tts_async.inference.path_scorers import IncrementalScorer, MarkedPath, WholeTextScorer
from tts_async.inference.reward_model import DecoderRewardModel, RewardModel
from tts_async.inference.reward_model_loading import choose_family, load_reward_model
from tts_async.inference.score_head import label_ids

torch.set_num_threads(1)  # as in the child
EXACT, BACKENDS = 1e-5, 1e-4
"""How far scores may be apart in float32: between batches, and from transformers' own classes."""
PROBLEM = "What is the sum of 12 and 30?"
STEPS = ("Step 1: We add the tens, 10+30 = 40.\nGood.", "Step 2: 40+2 = 42.", "The answer is: 42")
PATHS: dict[str, tuple[str, ...]] = {
    "three steps": STEPS,
    "one step": STEPS[:1],
    "60 steps": tuple(f"Step {n}: {n}+{n} = {2 * n}" for n in range(60)),
    "unicode": ("½ of 6 is 3 ✓", "数学: 3², naïve 😀"),
}


class Loaded:
    """A family's tiny model: its folder, its paths as ids, and both backends."""

    def __init__(self, name: str, folder: Path) -> None:
        self.folder = folder
        self.family = choose_family(folder, FAMILIES[name], name="tiny")
        tokenizer = ChatTokenizer(folder)
        self.marker = PathMarker(tokenizer, self.family, context_length=2048)
        native, self.transformers = (
            load_reward_model(
                folder,
                self.family.head,
                dtype="float32",
                device="cpu",
                label_ids=label_ids(self.family.head, tokenizer),
                backend=backend,
            )
            for backend in ("auto", "transformers")
        )
        assert isinstance(native, DecoderRewardModel)
        self.native = native

    def mark(self, steps: Sequence[str], problem: str = PROBLEM) -> MarkedPath:
        """A path of this problem as ids."""
        return self.marker.mark((("user", problem),), steps)

    def literal(self, steps: Sequence[str]) -> list[float]:
        """The card's scores."""
        with torch.inference_mode():
            return LITERAL[self.family.name](self.folder, PROBLEM, steps)


@pytest.fixture(scope="session", params=SAVERS)
def loaded(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Loaded:
    """Each family in turn."""
    folder = tmp_path_factory.mktemp(request.param) / "model"
    return Loaded(request.param, SAVERS[request.param](folder))


def score(model: RewardModel, paths: Sequence[MarkedPath]) -> list[list[float]]:
    """In one batch."""
    return model.score([path.ids for path in paths], [path.ends for path in paths])


@pytest.mark.parametrize("case", PATHS)
def test_scores_are_those_of_the_model_card(loaded: Loaded, case: str) -> None:
    """Ids, places, label order and reduction, on both backends."""
    path = loaded.mark(PATHS[case])
    expected = loaded.literal(PATHS[case])
    assert len(path.ends) == len(PATHS[case]) == len(expected)
    assert score(loaded.native, [path])[0] == pytest.approx(expected, abs=BACKENDS)
    assert score(loaded.transformers, [path])[0] == pytest.approx(expected, abs=EXACT)
    assert all(0 <= number <= 1 for number in expected)
    assert len(set(expected)) == len(set(PATHS[case])) or loaded.family.is_outcome


def test_batches_do_not_change_scores(loaded: Loaded) -> None:
    """Paths of very different lengths together, as alone, on both backends."""
    paths = [loaded.mark(steps, problem) for steps in PATHS.values() for problem in (PROBLEM, "?")]
    for model in (loaded.native, loaded.transformers):
        together = score(model, paths)
        for path, scores in zip(paths, together, strict=True):
            assert scores == pytest.approx(score(model, [path])[0], abs=EXACT)


def test_growing_paths_score_as_whole_texts(loaded: Loaded) -> None:
    """Incremental scoring, from siblings, after eviction, and of a path known in other steps."""
    paths = [loaded.mark(PATHS["60 steps"][:count]) for count in (1, 2, 3, 20, 2, 60)]
    paths += [loaded.mark((*STEPS[:1], last)) for last in STEPS]
    paths += [loaded.mark(("Step 1: yes\nStep 2: no",)), loaded.mark(("Step 1: yes", "Step 2: no"))]
    expected = [WholeTextScorer(loaded.native, max_batch_tokens=1).score([p])[0] for p in paths]
    for cache in (5000, 300):
        scorer = IncrementalScorer(loaded.native, max_batch_tokens=300, cache_tokens=cache)
        for path, scores in zip(paths, expected, strict=True):
            assert scorer.score([path])[0] == pytest.approx(scores, abs=EXACT)
    assert scorer.counts["reused_tokens"] > 0
