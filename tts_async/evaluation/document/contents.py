"""What a report says, in sentences and tables, whatever it is written in."""

import json
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tts_async.evaluation.document import tables
from tts_async.evaluation.document.tables import Table
from tts_async.evaluation.pictures.series import Series, series_of
from tts_async.evaluation.pictures.style import facts_of, interval_of, subject_of
from tts_async.evaluation.results import Results


@dataclass(frozen=True, slots=True)
class Section:
    """A heading, what to know before reading on, and the tables.

    ``name`` is the anchor, and that of the picture which belongs here if there is one.
    """

    name: str
    heading: str
    about: str
    tables: Sequence[Table] = ()
    description: str = ""
    """The picture in words, for those who cannot see it."""


@dataclass(frozen=True, slots=True)
class Document:
    """A title, what was measured, the main finding, warnings, sections, and how it was run."""

    title: str
    facts: str
    finding: str
    notes: Sequence[str]
    sections: Sequence[Section]
    circumstances: Sequence[tuple[str, str]]
    command: str


def make_document(
    results: Results, references: Mapping[str, float], *, notes: Sequence[str] = ()
) -> Document:
    """The report of the results; ``notes`` are warnings of the caller, shown first."""
    series = series_of(results)
    return Document(
        title=subject_of(results),
        facts=facts_of(results),
        finding=_finding(results, series),
        notes=[*notes, *_notes(results)],
        sections=_sections(results, series, references),
        circumstances=_circumstances(results),
        command=_command(results),
    )


def _finding(results: Results, series: Sequence[Series]) -> str:
    complete = [(row, each.name) for each in series for row in each.rows if row.complete]
    if not complete:
        return "No run is complete." if results.rows else "Nothing was measured."
    best, name = max(complete, key=lambda pair: (pair[0].accuracy, -pair[0].tokens_per_problem))
    count = "" if best.n is None else f" with N = {best.n:,}"
    return (
        f"Best: {name}{count}, {tables.percent(best.accuracy)} % "
        f"({interval_of(results)}: {tables.bounds(best)}) "
        f"for {best.tokens_per_problem:,.0f} tokens per problem."
    )


def _notes(results: Results) -> list[str]:
    notes = []
    if results.interrupted:
        notes.append("The evaluation ended early. What was finished by then is here.")
    if any(not row.complete for row in results.rows):
        notes.append(
            "Rows marked with * are not complete. They cover the problems that are in, "
            "and quick ones finish first; in the pictures they are pale."
        )
    errors = sum(row.errors for row in results.rows)
    if errors:
        notes.append(f"{errors:,} searches ended with an error and count as wrong.")
    if any(row.replayed_tokens for row in results.rows):
        notes.append(
            "Some tokens were in the journal already and were not generated again. They count as "
            "tokens like all others, but take no time: seconds are no cost here."
        )
    return notes


def _sections(
    results: Results, series: Sequence[Series], references: Mapping[str, float]
) -> list[Section]:
    interval = interval_of(results)
    ends = "; ".join(
        f"{each.name} {tables.percent(each.rows[-1].accuracy)} %"
        + (f" at N = {each.rows[-1].n:,}" if each.rows[-1].n else "")
        for each in series
    )
    found = [
        Section(
            "accuracy",
            "Accuracy",
            f"Right answers in %, with the {interval}. The best of a column is bold.",
            tables.by_count(series, references),
            f"Accuracy against N: {ends}",
        ),
        Section(
            "tokens",
            "Cost",
            "Tokens are generated ones, per problem and in total. A path is a partial or complete "
            "answer that the verifier scored.",
            tables.costs(series),
            f"Accuracy against generated tokens per problem: {ends}",
        ),
        Section(
            "levels",
            "By level",
            f"Right answers in %, with the {interval}.",
            tables.by_group(series, lambda row: row.by_level, "level "),
            "Accuracy by level of difficulty, strategy and N; the figures are in the table",
        ),
        Section(
            "subjects",
            "By subject",
            f"Right answers in %, with the {interval}.",
            tables.by_group(series, lambda row: row.by_subject, ""),
            "Accuracy by subject, strategy and N; the figures are in the table",
        ),
        Section(
            "pass-at-k",
            "pass@k",
            "How often at least one of k candidates is right, in %: what a perfect choice among "
            "them would reach. Unbiased estimate, averaged over problems.",
            tables.pass_at_k(series),
        ),
        Section(
            "seeds",
            "By seed",
            "Right answers in %, each seed for itself.",
            tables.by_seed(series),
        ),
        Section(
            "differences",
            "Differences",
            "Percentage points gained, paired over problems: much narrower than two intervals "
            "apart, because hard problems are hard for both.",
            tables.differences(series),
        ),
        Section(
            "occupancy",
            "Lanes in use",
            "The share of each lane's capacity that was in use. The black line is the mean of a "
            "run; what is empty above it could have been used.",
            (),
            "Share of the generation and verification lanes in use over time",
        ),
        Section("settings", "Settings", "Every strategy as it ran.", tables.settings(series)),
    ]
    has_picture = {"occupancy": results.occupancy is not None}
    return [each for each in found if each.tables or has_picture.get(each.name)]


def _circumstances(results: Results) -> list[tuple[str, str]]:
    options = ", ".join(
        f"{key} {value if isinstance(value, str) else json.dumps(value)}"
        for key, value in results.options.items()
        if value is not None
    )
    told = {
        "dataset": results.dataset,
        "problems": f"{results.problems:,}",
        "level": "" if results.level is None else str(results.level),
        "limit": "" if results.limit is None else f"{results.limit:,}",
        "seeds": ", ".join(map(str, results.seeds)),
        "generator": results.generator or "",
        "verifier": results.verifier or "none",
        "options": options,
        "started": results.created,
        "tts-async": results.version,
    }
    return [(term, value) for term, value in told.items() if value]


def _command(results: Results) -> str:
    command = results.command or ""
    return command if isinstance(command, str) else shlex.join(command)
