"""Where a text is cut so that nothing in it is a special token."""

import pytest

from tts_async.verifiers.server_tokenizer import MARK, cut


@pytest.mark.parametrize(
    ("text", "marks", "parts"),
    [
        ("a <extra_0> b", {"<extra_0>"}, ["a <extra", "_0> b"]),
        ("<|im_end|><|im_end|>", {"<|im_end|>"}, ["<|im", "_end|><|im", "_end|>"]),
        ("[INST] x [/INST]", {"[INST]", "[/INST]"}, ["[INST", "] x [/INST", "]"]),
        ("</s>", {"</s>"}, ["</s", ">"]),
        ("<|> <0>", {"<|>", "<0>"}, ["<", "|> <", "0>"]),
        ("<a><a>b>", {"<a>", "<a>b>"}, ["<a", "><a", ">b>"]),
        ("a <b> c", {"<c>"}, ["a <b> c"]),
    ],
)
def test_marks_are_cut_behind_their_first_word(
    text: str, marks: set[str], parts: list[str]
) -> None:
    """Tokenizers cut there too, so the parts give the ids that the plain text has."""
    assert cut(text, marks) == parts
    assert "".join(parts) == text


@pytest.mark.parametrize(
    "token", ["<s>", "</s>", "<|im_end|>", "<extra_0>", "[INST]", "<\uff5cend\u2581of\uff5c>"]
)
def test_special_tokens_are_known_by_their_looks(token: str) -> None:
    """In angle brackets, or capitals in square ones."""
    assert MARK.fullmatch(token)


@pytest.mark.parametrize("text", ["1 < 2 and 3 > 2\n<", "[1, 2]", "a > b < c", "x[i]"])
def test_arithmetic_costs_no_second_look(text: str) -> None:
    """Only what looks like a token is asked about."""
    assert not MARK.search(text)
