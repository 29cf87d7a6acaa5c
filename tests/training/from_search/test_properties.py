"""What holds for every tree: nothing leaks, values order the pairs, labels follow the counts."""

import asyncio
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.training.from_search.trees import RIGHT, WORSE, WRONG, Spec, judged, said, search
from tts_async.training import BestAnswers, PreferencePairs, StepLabels
from tts_async.training.from_search.beginnings import grow_beginnings
from tts_async.training.from_search.judging import JudgedSearch

STEPS = ("a\n\n", "b\n\n", "c\n\n")


@st.composite
def judged_searches(draw: st.DrawFn) -> JudgedSearch:
    """Trees of up to three steps per answer; some nodes given up, some answers truncated."""
    specs: list[Spec] = []

    def grow(place: str, depth: int) -> None:
        for ordinal in range(draw(st.integers(1, 3))):
            here = f"{place}.{ordinal}" if place else str(ordinal)
            score = draw(st.sampled_from([0.0, 0.25, 0.5, 1.0]))
            if depth < 3 and draw(st.booleans()):
                specs.append((here, draw(st.sampled_from(STEPS)), "step", score))
                if draw(st.integers(0, 4)):
                    grow(here, depth + 1)
            else:
                text = draw(st.sampled_from([RIGHT, WRONG, WORSE, "that is all"]))
                specs.append((here, text, draw(st.sampled_from(["stop", "length"])), score))

    grow("", 1)
    return asyncio.run(judged(search(specs)))


@settings(max_examples=60)
@given(judged_searches())
def test_a_chosen_one_is_better_than_the_rejected_one(found: JudgedSearch) -> None:
    """In value by the margin; and by the reference it is right, the rejected one wrong."""
    right = {answer.text: answer.right for answer in found.answers}
    scores = {answer.path: answer.score or 0.0 for answer in found.answers}
    for between in ("siblings", "answers"):
        for margin in (0.1, 0.5, 1.0):
            for row in PreferencePairs(between=between, margin=margin).rows(found):
                assert row["chosen_value"] - row["rejected_value"] >= margin - 1e-9
                assert right[said(row["chosen"])] is True
                assert right[said(row["rejected"])] is False
            for row in PreferencePairs(between=between, margin=margin, by="score").rows(found):
                assert row["chosen_value"] - row["rejected_value"] >= margin - 1e-9
                chosen, rejected = (row["provenance"][side] for side in ("chosen", "rejected"))
                assert scores[tuple(chosen)] > scores[tuple(rejected)]


@settings(max_examples=60)
@given(judged_searches())
def test_siblings_share_their_beginning(found: JudgedSearch) -> None:
    """Both answers go on from it with their steps; no step of a beginning is in two pairs."""
    seen: set[tuple[str, str]] = set()
    for row in PreferencePairs(margin=0.01).rows(found):
        for side in ("chosen", "rejected"):
            beginning = row["beginning"] + row[f"{side}_step"]
            text = said(row[side])
            assert text.startswith(beginning)
            place = (beginning, "end" if text == beginning else "on")
            assert place not in seen
            seen.add(place)


@settings(max_examples=60)
@given(judged_searches())
def test_nothing_unfinished_or_truncated_leaks(found: JudgedSearch) -> None:
    """Every text is a finished answer of the tree; every labelled path the beginning of one."""
    tree = found.record.result.tree
    finished = [node.full_text for node in tree if node.finish == "stop"]
    texts = {said(row["completion"]) for row in BestAnswers().rows(found)}
    for row in PreferencePairs(margin=0.01).rows(found):
        texts |= {said(row["chosen"]), said(row["rejected"])}
    assert texts <= set(finished)
    for row in StepLabels().rows(found):
        assert any(text.startswith("\n\n".join(row["completions"])) for text in finished)


@settings(max_examples=60)
@given(judged_searches(), st.data())
def test_one_more_right_answer_never_lowers_a_value(
    found: JudgedSearch, data: st.DataObject
) -> None:
    """It raises those of its own beginnings by one share, and no label turns wrong."""
    wrong = [answer for answer in found.answers if not answer.right]
    if not wrong:
        return
    healed = data.draw(st.sampled_from(wrong))
    after = [replace(answer, right=answer.right or answer is healed) for answer in found.answers]
    pairs = list(zip(grow_beginnings(found.answers), grow_beginnings(after), strict=True))
    for one, other in pairs:
        count = len(one.answers)
        gained = any(answer is healed for answer in one.answers) / count
        assert abs(other.value("reference") - one.value("reference") - gained) < 1e-9


@settings(max_examples=60)
@given(judged_searches())
def test_labels_say_whether_a_right_answer_lies_ahead(found: JudgedSearch) -> None:
    """A row ends with its first wrong step; shares and labels agree."""
    for row in StepLabels(soft=True).rows(found):
        assert row["labels"] == [share > 0 for share in row["shares"]]
        assert all(row["labels"][:-1])
        assert all(0 <= share <= 1 for share in row["shares"])
