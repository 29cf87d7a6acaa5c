"""Continuous batching, stop strings and sampling, without a process around them."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers

from tests.generation.test_local_models import (
    CONFIGS,
    CPU,
    PLACE,
    greedy_by_transformers,
    save_model,
)
from tts_async.embedded.tokenizer import EOS
from tts_async.inference.chat_tokenizer import ChatTokenizer
from tts_async.inference.continuous_batch import ContinuousBatch, Job
from tts_async.inference.language_model import (
    LanguageModel,
    Prefix,
    load_language_model,
)
from tts_async.inference.sampling import choose, sequence_keys, uniforms
from tts_async.inference.slot_cache import CacheShape, SlotCache
from tts_async.inference.stopping import StopStrings
from tts_async.types.generation import Sampling, Step

LETTERS = ["<pad>", "<s>", "</s>", "a", "b", "x", "Ċ", "Ã", "©"]  # byte-level spelling of \n and é


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny random Llama."""
    return save_model(tmp_path_factory.mktemp("llama"), CONFIGS["llama"])


@pytest.fixture(scope="module")
def model(folder: Path) -> LanguageModel:
    """The model of that folder."""
    return load_language_model(folder, **PLACE)


@pytest.fixture
def tokenizer(folder: Path) -> ChatTokenizer:
    """Its tokenizer."""
    return ChatTokenizer(folder)


@pytest.fixture
def coarse(tmp_path: Path) -> ChatTokenizer:
    """A tokenizer whose tokens run across line breaks."""
    raw = Tokenizer(models.BPE({letter: number for number, letter in enumerate(LETTERS)}, []))
    raw.add_tokens(["\n\n", "b\n\nc", "x\n", "\ny"])
    raw.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    raw.decoder = decoders.ByteLevel()
    raw.save(str(tmp_path / "tokenizer.json"))
    return ChatTokenizer(tmp_path)


class Script:
    """A language model that says given ids, whatever it is told."""

    context_length = 64
    cache_shape = CacheShape(layers=1, kv_heads=1, head_dim=1)
    dtype, device = torch.float32, CPU

    def __init__(self, vocabulary: int, script: Sequence[int], *, start: int) -> None:
        self.vocabulary = vocabulary
        self._script, self._start = script, start

    def prefill(self, paths: Sequence[Sequence[int]]) -> list[Prefix]:
        """Nothing to remember."""
        return [(torch.zeros(1, 1, len(path), 1),) * 2 for path in paths]

    def decode(self, ids: torch.Tensor, positions: torch.Tensor, cache: SlotCache) -> torch.Tensor:
        """Certain of the script's next word."""
        words = torch.tensor([self._script[int(p) - self._start] for p in positions])
        return torch.nn.functional.one_hot(words, self.vocabulary) * 100.0


def job(path: Sequence[int], n: int = 1, **options: object) -> Job:
    """A job with the options that matter to a test."""
    greedy, tokens = options.get("greedy", False), int(str(options.get("max_tokens", 24)))
    top_p = float(str(options.get("top_p", 1.0)))
    return Job(
        id=int(str(options.get("id", 0))),
        path=path,
        n=n,
        stop=options.get("stop"),  # type: ignore[arg-type]
        sampling=Sampling(temperature=0.0 if greedy else 1.0, top_p=top_p, max_tokens=tokens),
        seed=int(str(options.get("seed", 0))),
    )


def run(batch: ContinuousBatch, *jobs: Job) -> list[list[Step]]:
    """Every job's steps, all jobs together in one batch."""
    for each in jobs:
        batch.add(each)
    while not batch.idle:
        batch.step()
    return [[each.steps[index] for index in range(each.n)] for each in jobs]


def new_batch(
    model: LanguageModel, tokenizer: ChatTokenizer, *, capacity: int = 16
) -> ContinuousBatch:
    """An empty batch."""
    return ContinuousBatch(model, tokenizer, capacity=capacity, end_ids={EOS})


def say(script: Sequence[int], tokenizer: ChatTokenizer, stop: str | None) -> Step:
    """What a model that says this script answers."""
    batch = new_batch(Script(len(tokenizer.pieces), script, start=2), tokenizer)
    return run(batch, job([9, 9, 9], stop=stop, max_tokens=len(script)))[0][0]


def test_greedy_is_the_literal_loop(
    model: LanguageModel, tokenizer: ChatTokenizer, folder: Path
) -> None:
    """Paths of several lengths in one batch give what the slow loop gives one by one."""
    generator = torch.Generator().manual_seed(3)
    paths = [torch.randint(7, 100, (n,), generator=generator).tolist() for n in (1, 2, 9, 40, 77)]
    steps = run(
        new_batch(model, tokenizer, capacity=3),
        *(job(path, id=i, greedy=True) for i, path in enumerate(paths)),
    )
    for path, (step,) in zip(paths, steps, strict=True):
        drawn = greedy_by_transformers(folder, path, 24)
        assert list(step.token_ids) == [token for token in drawn if token != EOS]
        assert step.tokens == len(drawn)


@pytest.mark.parametrize("capacity", [2, 64])
def test_the_batch_does_not_change_a_draw(
    model: LanguageModel, tokenizer: ChatTokenizer, capacity: int
) -> None:
    """30 jobs of 1 to 7 continuations: together, in any capacity, what each gives alone."""
    generator = torch.Generator().manual_seed(4)

    def jobs() -> list[Job]:
        generator.manual_seed(4)
        return [
            job(
                torch.randint(7, 100, (3 + i,), generator=generator).tolist(),
                1 + i % 7,
                id=i,
                seed=i,
            )
            for i in range(30)
        ]

    alone = [run(new_batch(model, tokenizer, capacity=8), each)[0] for each in jobs()]
    assert run(new_batch(model, tokenizer, capacity=capacity), *jobs()) == alone


def test_samples_differ_and_repeat(model: LanguageModel, tokenizer: ChatTokenizer) -> None:
    """Continuations of one request differ; the same seed repeats them, another one does not."""
    path = tokenizer.encode("What is 1+1?")
    first, again, other = (
        run(new_batch(model, tokenizer), job(path, 8, seed=seed))[0] for seed in (5, 5, 6)
    )
    assert len({step.token_ids for step in first}) == 8
    assert first == again
    assert first != other
    fewer = run(new_batch(model, tokenizer), job(path, 3, seed=5))[0]
    assert fewer == first[:3]


def test_text_and_ids_agree(model: LanguageModel, tokenizer: ChatTokenizer) -> None:
    """Whatever is drawn, special tokens included, the text is what the ids decode to."""
    for step in run(new_batch(model, tokenizer, capacity=64), job([8, 9], 64, stop="\n\n"))[0]:
        assert tokenizer.decode(step.token_ids) == step.text
        assert tokenizer.decode(tokenizer.encode(step.text)) == step.text
        if step.finish != "step":  # "\n" and then "\n\n" is a stop inside a token
            assert step.tokens == len(step.token_ids) + (step.finish == "stop")


def test_ends_of_a_continuation(tokenizer: ChatTokenizer) -> None:
    """End of sequence, the stop string (kept) and the limit are told apart, and counted."""
    ids = tokenizer.encode("ab\n\ncd")
    a, b, gap = ids[:3]
    assert say([a, b, EOS, a], tokenizer, "\n\n") == Step("ab", "stop", 3, (a, b))
    assert say(ids, tokenizer, "\n\n") == Step("ab\n\n", "step", 3, (a, b, gap))
    assert say(ids, tokenizer, None) == Step("ab\n\ncd", "length", 5, tuple(ids))
    assert say([*ids[:2], EOS], tokenizer, None).finish == "stop"  # the limit, and the end
    assert say(ids[:3], tokenizer, "\n\n").finish == "step"  # the limit, and the stop


def test_stop_inside_a_token(coarse: ChatTokenizer) -> None:
    """A token that runs past the stop is cut, and the step's ids are those of its text."""
    step = say(coarse.encode("ab\n\nca"), coarse, "\n\n")
    assert (step.text, step.finish, step.tokens) == ("ab\n\n", "step", 2)
    assert coarse.decode(step.token_ids) == "ab\n\n"


def test_stop_across_tokens(coarse: ChatTokenizer) -> None:
    """A stop made of the end of one token and the beginning of the next is found."""
    (left,), (right,), (a,) = (coarse.encode(text) for text in ("x\n", "\ny", "a"))
    assert say([left, right, a], coarse, "\n\n").text == "x\n\n"
    assert say([left, a, left, right], coarse, "\n\n").text == "x\nax\n\n"
    assert say([left, a, left], coarse, "\n\n").finish == "length"


def test_stop_of_several_bytes(coarse: ChatTokenizer) -> None:
    """A stop that ends in a character spread over two tokens is found."""
    ids = coarse.encode("aé")
    assert len(ids) == 3
    assert say([*ids, ids[0]], coarse, "é") == Step("aé", "step", 3, tuple(ids))


def test_only_tokens_that_hold_its_end_are_searched(coarse: ChatTokenizer) -> None:
    """The table of possible enders names exactly the tokens with the stop's last character."""
    stops = StopStrings(coarse, len(coarse.pieces))
    number = np.full(len(coarse.pieces), stops.number("\n\n"))
    enders = stops.may_end(number, np.arange(len(coarse.pieces)))
    assert {piece for piece, ends in zip(coarse.pieces, enders, strict=True) if ends} == {
        piece for piece in coarse.pieces if "\n" in piece
    }
    assert not stops.may_end(np.zeros_like(number), np.arange(len(number))).any()


def test_max_tokens_shrinks_to_the_context(model: LanguageModel, tokenizer: ChatTokenizer) -> None:
    """A continuation ends with the context, whatever max_tokens says."""
    path = [8] * (model.context_length - 5)
    batch = ContinuousBatch(model, tokenizer, capacity=4, end_ids=())
    (step,) = run(batch, job(path, max_tokens=10_000))[0]
    assert (step.finish, step.tokens) == ("length", 5)


def test_cancelling_frees_slots_and_disturbs_nobody(
    model: LanguageModel, tokenizer: ChatTokenizer
) -> None:
    """Running and waiting jobs disappear at once; the others end as if alone."""
    path = tokenizer.encode("What is 1+1?")
    alone = [run(new_batch(model, tokenizer), job(path, 3, seed=seed))[0] for seed in range(4)]
    batch = new_batch(model, tokenizer, capacity=8)
    jobs = [job(path, 3, id=number, seed=number) for number in range(4)]
    for each in jobs:
        batch.add(each)
    batch.step()
    assert (batch.running, [each.id for each in batch.waiting]) == (8, [2, 3])
    batch.cancel(0)
    assert batch.running == 5
    batch.cancel(2)  # partly running, partly waiting
    batch.cancel(99)
    assert (batch.running, [each.id for each in batch.waiting]) == (3, [3])
    while not batch.idle:
        batch.step()
    for number in (1, 3):
        assert [jobs[number].steps[i] for i in range(3)] == alone[number]


def test_uniform_numbers_are_uniform_and_unrelated() -> None:
    """Means, and correlations between neighbouring seeds, indices and positions, are as chance."""
    keys = np.stack([sequence_keys(seed, range(50)) for seed in range(50)])
    grid = np.stack([uniforms(keys, np.full(keys.shape, position)) for position in range(40)])
    assert (grid >= 0).all()
    assert (grid < 1).all()
    assert abs(grid.mean() - 0.5) < 0.005
    assert abs(grid.var() - 1 / 12) < 0.002
    for axis in range(3):
        ahead, behind = np.delete(grid, 0, axis).ravel(), np.delete(grid, -1, axis).ravel()
        assert abs(np.corrcoef(ahead, behind)[0, 1]) < 0.02


def frequencies(temperature: float, top_p: float) -> dict[int, float]:
    """How often each of four tokens with chances 0.5, 0.3, 0.2 and 0 is drawn."""
    rows = 20_000
    logits = torch.tensor([0.3, 0.5, 0.0, 0.2]).log().expand(rows, -1)
    u = torch.from_numpy(uniforms(sequence_keys(1, range(rows)), np.zeros(rows, dtype=np.int64)))
    temperatures = torch.full((rows,), temperature, dtype=torch.float64)
    drawn = choose(logits, u, temperatures, torch.full_like(temperatures, top_p))
    return {token: count / rows for token, count in Counter(drawn.tolist()).items()}


def test_tokens_are_drawn_by_their_chances() -> None:
    """Temperature and top-p shape the frequencies; impossible tokens never come."""
    assert frequencies(1.0, 1.0) == pytest.approx({0: 0.3, 1: 0.5, 3: 0.2}, abs=0.015)
    assert frequencies(0.5, 1.0) == pytest.approx(
        {0: 0.09 / 0.38, 1: 0.25 / 0.38, 3: 0.04 / 0.38}, abs=0.015
    )
    assert frequencies(1.0, 0.6) == pytest.approx({0: 0.375, 1: 0.625}, abs=0.015)
    assert frequencies(1.0, 0.01) == {1: 1.0}
    assert frequencies(0.0, 1.0) == {1: 1.0}
