"""What a judge is asked, to the letter where it matters, and which of its answers count."""

import json
from typing import Any

import pytest

from tts_async.errors import MalformedResponse
from tts_async.types.problem import Problem
from tts_async.verifiers.judge_wire import (
    NoVerdict,
    Question,
    Reply,
    build_complaint,
    build_messages,
    parse_reply,
    parse_verdict,
    response_format,
)

STEPS = ("First.\n\n", "Second.\n\n", "Third.")


def question(first: int, problem: Problem | None = None) -> Question:
    """About three steps."""
    return Question(problem or Problem("1+1?"), STEPS, first, "Be kind.")


def said(text: str, *, cut_off: bool = False) -> Reply:
    """An answer of the judge."""
    return Reply(text, cut_off, 0, 0)


def test_the_question_comes_last() -> None:
    """Siblings share all but the end of the prompt, which is what servers cache."""
    system, user = build_messages(question(3))
    assert system["content"].startswith("Be kind.\n\nGrades are whole numbers from 0")
    assert user["content"] == (
        "Problem:\n\n1+1?\n\nSolution:\n\n[Step 1]\n\nFirst.\n\n[Step 2]\n\nSecond.\n\n"
        "[Step 3]\n\nThird.\n\nGrade step 3: one score."
    )


@pytest.mark.parametrize(
    ("first", "count", "task"),
    [
        (0, 1, "Grade the solution as a whole: one score."),
        (1, 3, "Grade steps 1 to 3: 3 scores, in order."),
        (2, 2, "Grade steps 2 to 3: 2 scores, in order."),
    ],
)
def test_how_many_grades(first: int, count: int, task: str) -> None:
    """One for the whole, or one for each step from the first that is new."""
    assert question(first).count == count
    assert build_messages(question(first))[1]["content"].endswith(task)
    schema = response_format(count)["json_schema"]["schema"]
    assert schema["properties"]["scores"]["minItems"] == count
    assert schema["required"] == list(schema["properties"]) == ["reasoning", "scores"]


def test_earlier_turns_are_shown() -> None:
    """A follow-up question makes no sense without them."""
    problem = Problem("And plus one?", history=({"role": "user", "content": "1+1?"},))
    text = build_messages(question(0, problem))[1]["content"]
    assert text.startswith(
        "Earlier in the conversation:\n\nuser: 1+1?\n\nProblem:\n\nAnd plus one?"
    )
    assert "[Step 1]" not in text


@pytest.mark.parametrize(
    "text",
    [
        '{"reasoning": "fine", "scores": [10, 5]}',
        '```json\n{"scores": [10, 5]}\n```',
        'I think {of this}. {"a": 1} Hence {"scores" : [10, 5.0]} is my verdict.',
        r'{"reasoning": "not \"scores\": [0, 0]", "scores": [10, 5]}',
        r'{"scores": [10, 5], "reasoning": "not \"scores\": [0, 0]"}',
        '<think>{"scores": [0, 0]}</think>{"scores": [10, 5]}',
        '{"scores": [10, 5]} {"scores": [1]}',
    ],
)
def test_grades_are_found(text: str) -> None:
    """In plain JSON, in a fence, behind thoughts: the last object that has them counts."""
    assert parse_verdict(said(text), 2) == [1.0, 0.5]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "no JSON object"),
        ("7/10", "no JSON object"),
        ('{"scores": [10, 5', "no JSON object"),
        ('{"score": 7}', "no JSON object"),
        ('{"scores": 7}', 'with a list of "scores"'),
        ('{"scores": [[10, 5]]}', "no JSON object"),
        ('{"scores": [10, five]}', "must be a list"),
        ('{"scores": [10, 11]}', "must be a list of numbers from 0 to 10"),
        ('{"scores": [10, -1]}', "must be a list"),
        ('{"scores": [10, NaN]}', "must be a list"),
        ('{"scores": [10, true]}', "must be a list"),
        ('{"scores": [10, "5"]}', "must be a list"),
        ('{"scores": [10]}', "exactly 2 of them, not 1"),
        ('{"scores": [10, 5, 5]}', "exactly 2 of them, not 3"),
        ('{"scores": [' * 100_000, "no JSON object"),
    ],
    ids=lambda value: value[:24],
)
def test_anything_else_is_no_verdict(text: str, reason: str) -> None:
    """Never a low score."""
    with pytest.raises(NoVerdict, match=reason):
        parse_verdict(said(text), 2)


def test_an_answer_that_was_cut_off() -> None:
    """The judge is told to be brief rather than to write JSON, which it did."""
    with pytest.raises(NoVerdict, match="cut off") as caught:
        parse_verdict(said('{"reasoning": "well', cut_off=True), 1)
    wrong, complaint = build_complaint(said("well"), caught.value, question(3))
    assert (wrong["role"], wrong["content"]) == ("assistant", "well")
    assert complaint["content"].startswith("your answer was cut off before its end. Grade step 3")
    assert parse_verdict(said('{"scores": [3]}', cut_off=True), 1) == [0.3]


def test_an_answer_of_the_server() -> None:
    """Text, whether it was cut off, and what it cost; no content is an empty text."""
    choice: dict[str, Any] = {"message": {"content": "x"}, "finish_reason": "length"}
    usage = {"prompt_tokens": 7, "completion_tokens": 2}
    assert parse_reply({"choices": [choice], "usage": usage}) == Reply("x", True, 7, 2)
    choice = {"message": {"content": None}, "finish_reason": "stop"}
    assert parse_reply({"choices": [choice]}) == Reply("", False, 0, 0)


@pytest.mark.parametrize(
    "reply",
    [None, [], {}, {"choices": []}, {"choices": [1]}, {"choices": [{}]}]
    + [{"choices": [{"message": message}]} for message in (None, "x", {"content": [1]})],
    ids=json.dumps,
)
def test_an_answer_of_the_wrong_shape(reply: Any) -> None:
    """JSON that is not an answer is our error."""
    with pytest.raises(MalformedResponse):
        parse_reply(reply)
