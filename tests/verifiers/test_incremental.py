"""Incremental scoring gives what whole texts give, whatever was asked before and evicted since."""

from collections.abc import Sequence
from pathlib import Path
from random import Random

import pytest
import torch

from tests.verifiers.test_local_scoring import save_reward_model
from tts_async.embedded.tokenizer import STEP_SEPARATOR, VOCABULARY
from tts_async.inference.families import FAMILIES
from tts_async.inference.gathered_attention import RUN
from tts_async.inference.path_scorers import (
    IncrementalScorer,
    MarkedPath,
    PathScorer,
    Scores,
    WholeTextScorer,
)
from tts_async.inference.reward_model import DecoderRewardModel

torch.set_num_threads(1)  # as in the child
HEAD = FAMILIES["qwen-math-prm"].head
EXACT, ROUGH = 1e-5, 0.03
"""How far a score may be from whole-text scoring in float32 and in bfloat16."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny random process reward model."""
    return save_reward_model(tmp_path_factory.mktemp("prm"))


@pytest.fixture(scope="module")
def model(folder: Path) -> DecoderRewardModel:
    """The model in float32."""
    return DecoderRewardModel(folder, HEAD, dtype=torch.float32, device=torch.device("cpu"))


def incremental(
    model: DecoderRewardModel, *, batch: int = 2048, cache: int = 4096
) -> IncrementalScorer:
    """A scorer with these bounds, in tokens."""
    return IncrementalScorer(model, max_batch_tokens=batch, cache_tokens=cache)


def score_all(scorer: PathScorer, paths: Sequence[MarkedPath]) -> list[Scores]:
    """Batch after batch, as the queue does."""
    scores: list[Scores] = []
    while len(scores) < len(paths):
        scores += scorer.score(paths[len(scores) :])
    return scores


def extended(path: MarkedPath, step: Sequence[int]) -> MarkedPath:
    """One more step."""
    ids = (*path.ids, *step, STEP_SEPARATOR)
    return MarkedPath(ids, (*path.ends, len(ids) - 1))


def random_paths(rng: Random, count: int, *, letters: int = 3) -> list[MarkedPath]:
    """Paths of three problems' random trees, in random order; few letters give many twins."""
    first = STEP_SEPARATOR + 1
    paths = []
    for _ in range(3):
        prompt = [rng.randrange(first, len(VOCABULARY)) for _ in range(rng.randrange(1, 40))]
        tree = [MarkedPath(tuple(prompt), ())]
        while len(tree) < count // 3:
            step = [first + rng.randrange(letters) for _ in range(rng.randrange(30))]
            path = extended(rng.choice(tree), step)
            if len(path.ids) <= 512:
                tree.append(path)
        paths += tree
    rng.shuffle(paths)
    return paths


def assert_alike(ours: list[Scores], theirs: list[Scores], tolerance: float) -> None:
    """The same numbers of scores, close to each other."""
    for one, other in zip(ours, theirs, strict=True):
        assert one == pytest.approx(other, abs=tolerance)


@pytest.mark.parametrize("seed", range(12))
def test_equals_whole_texts(model: DecoderRewardModel, seed: int) -> None:
    """Random trees in random order, with a cache and batches of any size."""
    rng = Random(seed)
    paths = random_paths(rng, 60)
    cache = rng.choice([1, 60, 300, 1000, 10_000])
    scorer = incremental(model, batch=rng.choice([1, 50, 400, 2048]), cache=cache)
    expected = score_all(WholeTextScorer(model, max_batch_tokens=2048), paths)
    assert_alike(score_all(scorer, paths), expected, EXACT)
    assert scorer.cached_tokens <= cache
    rng.shuffle(paths)
    expected = score_all(WholeTextScorer(model, max_batch_tokens=300), paths)
    assert_alike(score_all(scorer, paths), expected, EXACT)


def test_arrival_leaves_no_trace(model: DecoderRewardModel) -> None:
    """Other orders, batches and evictions give the same score, far closer than to whole texts."""
    rng = Random(5)
    paths = random_paths(rng, 60)
    alone = {path: incremental(model).score([path])[0] for path in paths}
    for cache in (1, 200, 5000):
        rng.shuffle(paths)
        scores = score_all(incremental(model, batch=500, cache=cache), paths)
        assert_alike(scores, [alone[path] for path in paths], 1e-7)


def test_bfloat16(folder: Path) -> None:
    """The tolerance that is stated for bfloat16 holds."""
    model = DecoderRewardModel(folder, HEAD, dtype=torch.bfloat16, device=torch.device("cpu"))
    paths = random_paths(Random(0), 60)
    expected = score_all(WholeTextScorer(model, max_batch_tokens=2048), paths)
    assert_alike(score_all(incremental(model, cache=500), paths), expected, ROUGH)


def test_every_token_is_computed_once(model: DecoderRewardModel) -> None:
    """A search costs its different token prefixes: one prompt, common beginnings of siblings."""
    prompt = MarkedPath(tuple(range(7, 37)), ())
    steps = [[50, 51, 52, number] for number in range(60, 64)]
    scorer = incremental(model)
    children = [extended(prompt, step) for step in steps]
    score_all(scorer, children)
    assert scorer.counts == {"computed_tokens": 30 + 3 + 4 * 2, "reused_tokens": 3 * 33}
    grandchildren = [extended(children[2], step) for step in steps]
    score_all(scorer, grandchildren)
    assert scorer.counts["computed_tokens"] == 41 + 3 + 4 * 2
    score_all(scorer, children[:1] + grandchildren[:2] + [prompt])
    assert scorer.counts["computed_tokens"] == scorer.cached_tokens == 52


def test_eviction_in_the_middle_of_a_batch(model: DecoderRewardModel) -> None:
    """A cache smaller than a batch, then than one path: siblings still share within the batch."""
    parent = extended(MarkedPath(tuple(range(7, 60)), ()), range(60, 90))
    children = [extended(parent, [number] * 20) for number in range(90, 98)]
    expected = score_all(WholeTextScorer(model, max_batch_tokens=2048), children)
    for cache in (100, 1):
        scorer = incremental(model, cache=cache)
        assert_alike(score_all(scorer, [parent, *children]), [expected[0][:1], *expected], EXACT)
        assert scorer.counts["computed_tokens"] == 84 + 8 * 21
        assert scorer.cached_tokens <= cache
        assert_alike(score_all(scorer, children), expected, EXACT)


def test_long_paths_are_cut_into_runs(model: DecoderRewardModel) -> None:
    """Paths around every multiple of a run's length, alone and after a beginning of theirs."""
    rng = Random(1)
    for length in (RUN - 1, RUN, RUN + 1, 3 * RUN - 1, 510):
        path = extended(MarkedPath((7,), ()), [rng.randrange(7, 100) for _ in range(length - 2)])
        start = MarkedPath(path.ids[:20], ())
        expected = WholeTextScorer(model, max_batch_tokens=1).score([path])
        assert_alike(incremental(model).score([path]), expected, EXACT)
        assert_alike(score_all(incremental(model), [start, path])[1:], expected, EXACT)
    tiny = MarkedPath((STEP_SEPARATOR,), (0,))
    expected = WholeTextScorer(model, max_batch_tokens=1).score([tiny])
    assert_alike(incremental(model).score([tiny]), expected, EXACT)


def test_a_separator_inside_a_step(model: DecoderRewardModel) -> None:
    """The same tokens cut into other steps: from memory, and right."""
    ids = (8, 9, 10, STEP_SEPARATOR, 11, STEP_SEPARATOR)
    one, two = MarkedPath(ids, (5,)), MarkedPath(ids, (3, 5))
    scorer = incremental(model)
    scores = [*scorer.score([one]), *scorer.score([two])]
    assert scorer.counts["computed_tokens"] == 6
    expected = score_all(WholeTextScorer(model, max_batch_tokens=9), [one, two])
    assert_alike(scores, expected, EXACT)
