r"""An answer is found where it is clearly given, and nowhere else."""

import time

import pytest

from tts_async.answers import extract_answer, has_final_answer

MEGABYTE = 1_000_000


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        (r"so the answer is $\boxed{5}$.", "5"),
        (r"\boxed{\frac{1}{2}} and then \boxed{x^{2}}", "x^{2}"),
        (r"\boxed{ \left\{1,2\right\} }", r"\left\{1,2\right\}"),
        (r"\boxed{a \\{b}}", r"a \\{b}"),
        (r"\fbox{3}", "3"),
        (r"\boxed {4}", "4"),
        (r"\\boxed{3}", "3"),
        (r"\boxed 42.", "42"),
        (r"\boxed{\boxed{7}}", "7"),
        (r"}}} \boxed{5} {{{", "5"),
        (r"\boxed{}, I mean \boxed{6} and not \boxed{ }", "6"),
        (r"first \boxed{1}, then \boxed{2", "1"),
        (r"Answer: 4. Therefore \boxed{5}. Answer: 6", "5"),
    ],
)
def test_the_last_complete_box_counts(text: str, answer: str) -> None:
    """Nested, escaped, spaced and bare boxes are read; a box beats any sentence."""
    assert extract_answer(text) == answer


@pytest.mark.parametrize(
    "text",
    [
        "",
        r"\boxed{",
        r"\boxed{5",
        r"\boxed{\frac{1}{2}",
        r"\boxed{}",
        r"\boxed{\boxed{}}",
        r"\boxedanswer{5}",
        r"write it in \boxed notation",
        r"The final answer is \boxed{5",
        "5",
        "x = 5",
    ],
)
def test_no_clear_answer_is_an_abstention(text: str) -> None:
    """Unbalanced and empty boxes, and texts that state nothing, give None."""
    assert extract_answer(text) is None
    assert not has_final_answer(text)


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("The final answer is 5.", "5"),
        ("The final answer is: $\\frac{1}{2}$. I hope it is correct.", r"\frac{1}{2}"),
        ("**Final Answer:** 42", "42"),
        ("**Answer**: 3.14\nThat was fun.", "3.14"),
        ("Answer: 10,080", "10,080"),
        ("Answer: \\(x=2\\)", "x=2"),
        ("answer: $5$ apples.", "5"),
        ("The answer is 12 apples", "12 apples"),
        ("The answer is (C).", "(C)"),
        ("Answer: yes", "yes"),
        ("Final answer: Evelyn", "Evelyn"),
        ("The answer is 4. Wait. The answer is -5. Done.", "-5"),
    ],
)
def test_a_stated_answer_is_read(text: str, answer: str) -> None:
    """Without a box, the last sentence that plainly states an answer is believed."""
    assert extract_answer(text) == answer


@pytest.mark.parametrize(
    "text",
    [
        "The answer is wrong.",
        "The answer is not 5.",
        "The answer is 5 or 6.",
        "The final answer is $5$ or $6$",
        "The final answer is the number of ways",
        "I will find the answer: first, we compute 5",
        "answers: 5",
        "answer: " + "1+" * 200 + "1",
    ],
)
def test_prose_is_not_an_answer(text: str) -> None:
    """Sentences about the answer, alternatives and endless ones abstain."""
    assert extract_answer(text) is None


def test_final_answer_means_a_complete_box_in_braces() -> None:
    """A search may stop at a box in braces; a bare number in a box may still be growing."""
    assert has_final_answer(r"Therefore $\boxed{\frac{1}{2}}$")
    assert not has_final_answer(r"Therefore $\boxed{\frac{1}{2}")
    assert not has_final_answer(r"Therefore \boxed 1")
    assert not has_final_answer("The final answer is 5.")


@pytest.mark.parametrize(
    "text",
    [
        r"\boxed{" * (MEGABYTE // 7),
        r"\boxed{" * (MEGABYTE // 8) + "}" * (MEGABYTE // 8),
        "\\" * MEGABYTE,
        ("\\" * 1000 + "boxed ") * 1000,
        "{" * MEGABYTE,
        r"\boxed" + " " * MEGABYTE,
        "answer: " * (MEGABYTE // 8),
        "answer" + " " * MEGABYTE,
        "final " * (MEGABYTE // 6),
        "answer: " + "." * MEGABYTE,
    ],
    ids=str.split("open nested slashes slashed braces box answers spaces finals dots"),
)
def test_a_hostile_megabyte_takes_linear_time(text: str) -> None:
    """Texts made to trip up regular expressions cost a fraction of a second (quadratic: hours)."""
    started = time.process_time()
    extract_answer(text)
    has_final_answer(text)
    assert time.process_time() - started < 3
