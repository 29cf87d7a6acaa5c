"""Paths as ids: where steps end, what is text and what is a token, what does not fit."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.inference.tiny_models import CHATML, LLAMA3, SAVERS, save_qwen_math, save_rlhflow
from tts_async.errors import ConfigurationError, VerificationError
from tts_async.inference.chat_tokenizer import ChatTokenizer
from tts_async.inference.families import FAMILIES, ChatSteps, Head, Token
from tts_async.inference.path_marker import PathMarker
from tts_async.inference.score_head import label_ids

CONVERSATION = (("user", "What is 1+1?"),)
SPELLED = ("<extra_0>", "<|im_end|>", "<|eot_id|>", "</s>", "<|start_header_id|>")


@pytest.fixture(scope="module", params=SAVERS)
def marker(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> PathMarker:
    """Each family with its tokenizer."""
    folder = SAVERS[request.param](tmp_path_factory.mktemp("model"))
    return PathMarker(ChatTokenizer(folder), FAMILIES[request.param], context_length=2048)


def special_ids(marker: PathMarker) -> set[int]:
    """Ids of all special tokens of the vocabulary."""
    return set(marker._tokenizer._tokenizer.get_added_tokens_decoder())


@pytest.mark.parametrize("spelled", SPELLED)
def test_special_tokens_in_a_text_are_text(marker: PathMarker, spelled: str) -> None:
    """Spelled in a step or in the problem they make no special id, and change no place."""
    specials = special_ids(marker)

    def found(problem: str, *steps: str) -> list[int]:
        path = marker.mark((("user", problem),), steps)
        assert len(path.ends) == len(steps)
        return [token for token in path.ids if token in specials]

    usual = found("What?", "one two", "three")
    assert found("What?", f"one {spelled} two", "three") == usual
    assert found("What?", spelled, f"three{spelled}") == usual
    assert found(f"What? {spelled}", "one two", "three") == usual
    text = marker._tokenizer.decode(marker.mark(CONVERSATION, (f"one {spelled} two",)).ids)
    assert spelled in text


def test_a_step_is_the_same_with_and_without_its_delimiter(marker: PathMarker) -> None:
    """The empty line ends a step and is no part of it."""
    with_it = marker.mark(CONVERSATION, ("a b\n\n", "c\n\n"))
    assert with_it == marker.mark(CONVERSATION, ("a b", "c"))


def test_longer_paths_begin_with_shorter_ones(marker: PathMarker) -> None:
    """One more step adds tokens at the end, and one place; an outcome model judges anew."""
    shorter, longer = (marker.mark(CONVERSATION, ("a b", "c", "d")[:count]) for count in (2, 3))
    if marker._family.is_outcome:
        assert longer.ends == (len(longer.ids) - 1,) * 3
        return
    assert longer.ids[: len(shorter.ids)] == shorter.ids
    assert longer.ends == (*shorter.ends, len(longer.ids) - 1)
    assert shorter.ends[-1] == len(shorter.ids) - 1


def test_a_step_of_no_text_is_meant(marker: PathMarker) -> None:
    """The one that some searches score after a path that is not finished; all families can."""
    assert len(marker.mark(CONVERSATION, ("a\n\n", "")).ends) == 2


def test_unusable_paths_are_refused(marker: PathMarker) -> None:
    """Empty steps, and paths beyond the context, with both numbers; nothing is cut."""
    with pytest.raises(VerificationError, match=r"step 2 of 2 is empty: ' \\n\\n'"):
        marker.mark(CONVERSATION, ("a", " \n\n"))
    path = marker.mark(CONVERSATION, ("a b c d e f g",) * 20)
    tight = PathMarker(marker._tokenizer, marker._family, context_length=len(path.ids) - 1)
    with pytest.raises(VerificationError) as caught:
        tight.mark(CONVERSATION, ("a b c d e f g",) * 20)
    assert f"its 20 steps take {len(path.ids)} tokens" in str(caught.value)
    assert f"context of {len(path.ids) - 1}" in str(caught.value)
    exact = PathMarker(marker._tokenizer, marker._family, context_length=len(path.ids))
    assert exact.mark(CONVERSATION, ("a b c d e f g",) * 20) == path


def test_the_score_stands_where_the_card_says(tmp_path: Path) -> None:
    """Golden texts: everything up to the place of the first step's score."""
    qwen = ChatTokenizer(save_qwen_math(tmp_path / "qwen"))
    path = PathMarker(qwen, FAMILIES["qwen-math-prm"], context_length=999).mark(
        CONVERSATION, ("One.\n\n", "Two.\n\n")
    )
    assert qwen.decode(path.ids[: path.ends[0] + 1]) == (
        "<|im_start|>system\nPlease reason step by step, and put your final answer within "
        "\\boxed{}.<|im_end|>\n<|im_start|>user\nWhat is 1+1?<|im_end|>\n<|im_start|>assistant\n"
        "One.<extra_0>"
    )
    llama = ChatTokenizer(save_rlhflow(tmp_path / "llama"))
    path = PathMarker(llama, FAMILIES["rlhflow"], context_length=999).mark(
        CONVERSATION, ("One.\n\n", "Two.\n\n")
    )
    user, assistant = (
        f"<|start_header_id|>{role}<|end_header_id|>\n\n" for role in ("user", "assistant")
    )
    beginning = llama.decode(path.ids[: path.ends[0] + 1])
    assert beginning.startswith("<|begin_of_text|><|start_header_id|>system")
    assert beginning.endswith(f"{user}What is 1+1? One.<|eot_id|>{assistant}")
    rest = llama.decode(path.ids[path.ends[0] + 1 :])
    assert rest == f"+<|eot_id|>{user}Two.<|eot_id|>{assistant}"


def test_a_template_that_looks_back_is_refused(tmp_path: Path) -> None:
    """Scores of one pass over all steps would not be those of each step's own prompt."""
    folder = save_rlhflow(tmp_path)
    counting = "{{ messages | length }}" + LLAMA3
    (folder / "chat_template.jinja").write_text(counting)
    marker = PathMarker(ChatTokenizer(folder), FAMILIES["rlhflow"], context_length=999)
    marker.mark(CONVERSATION, ("a",))
    with pytest.raises(VerificationError, match=r"up to step 1 are not the beginning.*rlhflow"):
        marker.mark(CONVERSATION, ("a", "b"))


def test_a_tokenizer_of_another_family_is_noticed(tmp_path: Path) -> None:
    """A separator it does not have, a label that is not one token."""
    tokenizer = ChatTokenizer(save_qwen_math(tmp_path))
    family = replace(FAMILIES["qwen-math-prm"], layout=ChatSteps(Token("<step>")))
    with pytest.raises(ConfigurationError, match="tokenizer has no <step> token"):
        PathMarker(tokenizer, family, context_length=99).mark(CONVERSATION, ("a",))
    with pytest.raises(ConfigurationError, match=r"label '<\|good\|>' is not one token here but"):
        label_ids(Head(("lm_head",), labels=("+", "<|good|>")), tokenizer)


def test_dates_do_not_change_under_a_path(tmp_path: Path) -> None:
    """Templates that say today's date say the same date for the life of the process."""
    folder = save_qwen_math(tmp_path)
    (folder / "chat_template.jinja").write_text("{{ strftime_now('%f') }}" + CHATML)
    tokenizer = ChatTokenizer(folder)
    assert tokenizer.chat_ids(CONVERSATION) == tokenizer.chat_ids(CONVERSATION)
