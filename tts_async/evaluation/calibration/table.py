"""A calibration as tables for the terminal."""

from collections.abc import Iterator

from rich import box
from rich.console import Group
from rich.table import Table
from rich.text import Text

from tts_async.evaluation.calibration.calibrate import Calibration
from tts_async.evaluation.calibration.worth import BudgetReport
from tts_async.strategies.compute_optimal import Choice, PolicyRow


def draw_calibration(calibration: Calibration) -> Group:
    """What the policy does, what it is worth, and every single strategy beside it."""
    return Group(_policy_table(calibration), _worth_table(calibration), _singles_table(calibration))


def _policy_table(calibration: Calibration) -> Table:
    difficulty = calibration.policy.difficulty
    table = _table("the policy, with its figures on held-out problems")
    table.add_column("n", justify="right")
    table.add_column("difficulty")
    table.add_column("choice")
    for heading in ("accuracy %", "tokens"):
        table.add_column(heading, justify="right")
    cuts = [1.0, *difficulty.thresholds, 0.0]
    for row in calibration.policy.rows:
        for which, choice in _classes(row, cuts):
            table.add_row(str(row.budget), which, str(choice), *_figures(choice))
        table.add_section()
    what = "mean score" if difficulty.measure == "score" else "agreement"
    table.caption = f"difficulty: {what} of {difficulty.pilots} pilots; class 1 is the easiest"
    return table


def _classes(row: PolicyRow, cuts: list[float]) -> Iterator[tuple[str, Choice]]:
    if row.is_uniform:
        yield "all", row.overall
        return
    for place, choice in enumerate(row.by_difficulty, 1):
        yield f"{place}: {cuts[place]:.2f} to {cuts[place - 1]:.2f}", choice


def _figures(choice: Choice) -> tuple[str, str]:
    found = choice.held_out
    if found is None:
        return "", ""
    return _interval(found.accuracy, found.low, found.high), f"{found.tokens:,.0f}"


def _worth_table(calibration: Calibration) -> Table:
    table = _table(f"held-out: {calibration.problems} problems, {calibration.cases} cases")
    for heading in ("n", "tokens", "policy %", "oracle %"):
        table.add_column(heading, justify="right")
    table.add_column("best single")
    for heading in ("%", "lead [95 %]"):
        table.add_column(heading, justify="right")
    for report in calibration.budgets:
        table.add_row(*_worth(report))
    table.caption = (
        "oracle: difficulty by the share of right samples\n"
        "best single: one strategy with the policy's tokens, picked with hindsight"
    )
    return table


def _worth(report: BudgetReport) -> Iterator[Text]:
    rival, lead = report.rival, report.rival.lead
    yield Text(str(report.budget))
    yield Text(f"{report.tokens:,.0f}")
    yield Text(_percent(report.policy.value))
    yield Text(_percent(report.oracle))
    yield Text(rival.label)
    yield Text(_percent(rival.accuracy))
    yield Text(
        f"{100 * lead.value:+.1f} [{100 * lead.low:+.1f}, {100 * lead.high:+.1f}]",
        style="bold red" if lead.high < 0 else "bold green" if lead.low > 0 else "",
    )


def _singles_table(calibration: Calibration) -> Table:
    table = _table("single strategies with the whole budget, accuracy %")
    table.add_column("strategy")
    lines: dict[str, dict[int, str]] = {}
    for report in calibration.budgets:
        table.add_column(f"n={report.budget}", justify="right")
        for single in report.singles:
            line = lines.setdefault(single.choice.label, {})
            line[report.budget] = _percent(single.accuracy)
    for label in sorted(lines):
        table.add_row(label, *(lines[label].get(r.budget, "") for r in calibration.budgets))
    return table


def _interval(value: float, low: float, high: float) -> str:
    return f"{_percent(value)} [{_percent(low)}, {_percent(high)}]"


def _percent(share: float) -> str:
    return f"{100 * share:.1f}"


def _table(title: str) -> Table:
    return Table(
        title=title,
        box=box.SIMPLE_HEAD,
        title_justify="left",
        title_style="bold",
        caption_justify="left",
        pad_edge=False,
    )
