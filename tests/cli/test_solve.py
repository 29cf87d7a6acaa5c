"""``tts-async solve`` from argument to answer."""

import json

import pytest

from tests.cli.conftest import Command
from tts_async import Result


def test_json_is_one_object_and_nothing_else(command: Command) -> None:
    """Machines get the result on stdout, whole, and an empty stderr."""
    run = command("solve", "say 7", "--n", "8", "--json")
    data = json.loads(run.stdout)
    assert run.exit_code == 0
    assert run.stderr == ""
    assert run.stdout.count("\n") == 1
    assert (data["answer"], data["strategy"], data["n"], data["stop_reason"]) == (
        "7",
        "dvts",
        8,
        "finished",
    )
    assert {"text", "candidates", "spend"} <= set(data)
    assert len(data["candidates"]) == 8
    assert "tree" not in data


def test_json_with_the_tree_is_a_whole_result(command: Command) -> None:
    """What was printed can be read back."""
    run = command("solve", "say 7", "--n", "4", "--json", "--tree")
    result = Result.from_dict(json.loads(run.stdout))
    assert len(result.tree) == 8
    assert result.answer == "7"


def test_people_get_answer_votes_and_cost(command: Command) -> None:
    """The answer comes first, control codes never into a pipe."""
    run = command("solve", "say 7", "--n", "4")
    assert run.exit_code == 0
    assert run.stdout.startswith("7   100 % of the vote · dvts n=4\n")
    assert "votes" in run.stdout
    assert run.stdout.splitlines()[-1].startswith("20 tokens · 2 requests · 8 paths scored")
    assert "\x1b" not in run.stdout + run.stderr


def test_tree_for_people(command: Command) -> None:
    """The tree comes before the answer."""
    run = command("solve", "say 7", "--n", "2", "--tree")
    assert run.stdout.startswith("say 7\n├── 0.50 listen\n")


def test_dash_reads_stdin(command: Command) -> None:
    """Problems of any length and with any quotes come in through a pipe."""
    run = command("solve", "-", "--strategy", "greedy", "--json", stdin="say\n'7'\n")
    assert json.loads(run.stdout)["problem"]["text"] == "say\n'7'\n"


@pytest.mark.parametrize(
    ("arguments", "strategy", "n", "candidates"),
    [
        ((), "dvts", 16, 16),
        (("--verifier", "none"), "majority", 16, 8),  # all agree: half of them settle it
        (("--strategy", "greedy"), "greedy", 1, 1),
        (("--strategy", "best-of-n", "--n", "3"), "best_of_n", 3, 3),
        (("--strategy", "beam_search", "--n", "1"), "beam_search", 1, 1),
        (("--strategy", "dvts", "--n", "6", "--beam-width", "3"), "dvts", 6, 6),
        (("--base-url", "http://localhost:1", "--model", "m"), "majority", 16, 8),
    ],
)
def test_defaults(
    command: Command, arguments: tuple[str, ...], strategy: str, n: int, candidates: int
) -> None:
    """The strategy follows from the verifier, the beam width from n."""
    data = json.loads(command("solve", "say 7", *arguments, "--json").stdout)
    assert (data["strategy"], data["n"], len(data["candidates"])) == (strategy, n, candidates)


def test_no_answer_is_a_failed_run(command: Command) -> None:
    """The result is printed all the same; scripts see it in the exit code."""
    run = command("solve", "be silent", "--strategy", "majority", "--n", "2", "--json")
    assert run.exit_code == 1
    assert json.loads(run.stdout)["stop_reason"] == "no_answer"
    run = command("solve", "be silent", "--strategy", "majority", "--n", "2")
    assert run.stdout.startswith("no answer   majority n=2 · no candidate has an answer\n")


def test_deadline_and_budget(command: Command) -> None:
    """A search that is cut short says so."""
    run = command("solve", "slow 7", "--deadline", "0.05", "--json")
    assert json.loads(run.stdout)["stop_reason"] == "deadline"
    run = command("solve", "say 7", "--token-budget", "1", "--json")
    assert json.loads(run.stdout)["stop_reason"] == "budget"


def test_a_search_that_fails(command: Command) -> None:
    """One line with the reason, nothing on stdout."""
    run = command("solve", "broken", "--json")
    assert (run.exit_code, run.stdout) == (1, "")
    assert run.stderr == "tts-async: error: too long\n"


def test_logs_are_asked_for(command: Command) -> None:
    """They go to stderr, and the problem's text is not in them."""
    run = command("solve", "say 7", "--n", "4", "--json", "--log-json", "--log-level", "debug")
    lines = [json.loads(line) for line in run.stderr.splitlines()]
    assert lines[0]["event"] == "search started"
    assert lines[-1]["event"] == "search finished"
    assert "say 7" not in run.stderr
    json.loads(run.stdout)
    assert len(command("solve", "say 7", "--json", "--log-json").stderr.splitlines()) == 2
