"""Wrong use ends with 2 and one clear line, before anything is started."""

from pathlib import Path

import pytest

from tests.cli.conftest import Command


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("solve", ""), "problem: the text is empty"),
        (("solve", "1", "--n", "0"), "n: expected an integer of at least 1, got 0"),
        (("solve", "1", "--strategy", "dvt"), "did you mean 'dvts'? choose one of greedy"),
        (("solve", "1", "--select", "best"), "select: expected one of"),
        (("solve", "1", "--aggregation", "max"), "aggregation: unknown 'max'"),
        (("solve", "1", "--n", "6", "--beam-width", "4"), "6 is not divisible by beam_width=4"),
        (("solve", "1", "--strategy", "greedy", "--n", "4"), "n: greedy has no such option"),
        (("solve", "1", "--strategy", "majority", "--select", "naive"), "select: majority has no"),
        (("solve", "1", "--strategy", "majority", "--aggregation", "min"), "needs no scores"),
        (("solve", "1", "--strategy", "greedy", "--temperature", "1"), "greedy always uses 0"),
        (("solve", "1", "--verifier", "none", "--strategy", "dvts"), "verifier: dvts scores steps"),
        (("solve", "1", "--verifier", "nowhere"), "verifier: no such folder: nowhere"),
        (("solve", "1", "--verifier", ""), "verifier: no such folder: ''"),
        (("solve", "1", "--generator", "nowhere"), "generator: no such folder: nowhere"),
        (("solve", "1", "--generator", "none"), "generator: something has to generate"),
        (("solve", "1", "--generator", "embedded", "--base-url", "http://x"), "not both"),
        (("solve", "1", "--model", "m"), "give its --base-url too"),
        (("solve", "1", "--temperature", "nan"), "temperature: must be 0 or more"),
        (("solve", "1", "--top-p", "0"), "top-p: must be above 0"),
        (("solve", "1", "--max-tokens", "0"), "max-tokens: must be at least 1"),
        (("solve", "1", "--deadline", "0"), "deadline: must be positive"),
        (("solve", "1", "--deadline", "nan"), "deadline: must be positive"),
        (("mcp", "--transport", "http", "--host", "a..b"), "host: 'a..b' is no address here"),
        (("solve", "1", "--token-budget", "0"), "token-budget: must be at least 1"),
        (("solve", "1", "--log-level", "loud"), "log-level: unknown 'loud'"),
        (("solve", "a \udcff"), "problem: the argument is not UTF-8 text"),
        (("eval", "none.jsonl"), "none.jsonl: no such file"),
        (("eval", "arithmetic", "--level", "6"), "levels 1 to 5"),
        (("eval", "arithmetic", "--limit", "0"), "limit: must be at least 1"),
        (("eval", "arithmetic", "--n", "1,x"), "n: expected whole numbers such as 1,4,16"),
        (("eval", "arithmetic", "--n", "0"), "n: expected an integer of at least 1"),
        (("eval", "arithmetic", "--strategy", ","), "strategy: name at least one"),
        (("eval", "arithmetic", "--strategy", "greedy,dfs"), "strategy: unknown 'dfs'"),
        (("eval", "arithmetic", "--strategy", "greedy", "--beam-width", "2"), "none of greedy"),
        (
            ("eval", "arithmetic", "--verifier", "none", "--strategy", "dvts"),
            "there is no verifier",
        ),
        (
            ("eval", "arithmetic", "--strategy", "greedy,majority", "--aggregation", "min"),
            "no scores",
        ),
        (("eval", "arithmetic", "--strategy", "greedy", "--temperature", "1"), "always uses 0"),
        (("eval", "arithmetic", "--reference", "x"), "reference: expected LABEL=ACCURACY"),
        (("eval", "arithmetic", "--reference", "x=80"), "expected an accuracy from 0 to 1"),
        (("eval", "arithmetic", "--reference", "x=no.json"), "reference: no.json: no such file"),
        (("eval", "arithmetic", "--max-in-flight", "0"), "max_in_flight: must be at least 1"),
        (("eval", "arithmetic", "--seeds", "0"), "seeds: must be at least 1"),
        (("eval", "arithmetic", "--strategy", "majority:naive"), "select: majority has no such"),
        (("eval", "arithmetic", "--strategy", "dvts:best"), "select: expected one of"),
        (("eval", "--recipe", "none"), "recipe: unknown 'none'"),
        (("eval", "arithmetic", "--resume"), "resume: name the folder"),
        (("eval", "arithmetic", "--policy", "none.json"), "policy: none of greedy"),
    ],
)
def test_wrong_arguments(command: Command, arguments: tuple[str, ...], message: str) -> None:
    """The message names the argument and the fix; there is no traceback and no stray folder."""
    run = command(*arguments)
    assert run.exit_code == 2
    assert run.stdout == ""
    assert message in run.stderr
    assert run.stderr.startswith("tts-async: error: ")
    assert run.stderr.count("\n") == 1
    assert not list(Path().iterdir())


@pytest.mark.parametrize(
    "arguments",
    [
        ("solve",),
        ("solve", "1", "--nn", "4"),
        ("solve", "1", "--n", "many"),
        ("sove", "1"),
        ("eval",),
    ],
)
def test_arguments_that_do_not_parse(command: Command, arguments: tuple[str, ...]) -> None:
    """The parser's own messages go to stderr, too."""
    run = command(*arguments)
    assert (run.exit_code, run.stdout) == (2, "")
    assert "Usage: " in run.stderr


def test_stdin_that_is_no_text_or_has_no_end(command: Command) -> None:
    """It is read up to a limit and must be UTF-8."""
    run = command("solve", "-", stdin=b"\xff\xfe")
    assert (run.exit_code, "not UTF-8" in run.stderr) == (2, True)
    run = command("solve", "-", stdin=b"7" * ((8 << 20) + 1))
    assert (run.exit_code, "more than 8 MiB" in run.stderr) == (2, True)


def test_a_bad_row_is_named(command: Command) -> None:
    """File, line and fix."""
    Path("set.jsonl").write_text('{"problem": "say 7"}\n')
    run = command("eval", "set.jsonl")
    assert run.exit_code == 2
    assert "set.jsonl, line 1: no column 'answer'" in run.stderr


def test_an_output_folder_that_cannot_be(command: Command) -> None:
    """A file is in its place."""
    Path("out").write_text("")
    run = command("eval", "arithmetic", "--out", "out")
    assert run.exit_code == 2
    assert run.stderr.startswith("tts-async: error: out: cannot write to out")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_a_full_disk(command: Command) -> None:
    """What was finished is shown, how to go on is said, and there is no traceback."""
    Path("set.jsonl").write_text('{"problem": "say 7", "answer": "7"}\n')
    Path("out").mkdir()
    Path("out/problems.jsonl").symlink_to("/dev/full")
    run = command("eval", "set.jsonl", "--strategy", "greedy", "--out", "out", "--resume")
    assert run.exit_code == 1
    assert "the same command with --resume --out out goes on" in run.stderr
    assert "tts-async: error: No space left on device" in run.stderr


def test_versions(command: Command) -> None:
    """As a command and as an option."""
    assert command("version").stdout == command("--version").stdout
    assert command("version").stdout.startswith("tts-async 0.")
