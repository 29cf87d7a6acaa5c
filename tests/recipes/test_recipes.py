"""Recipes say what the published setups were, and what is wrong with a file."""

from pathlib import Path

import pytest
import typer

from tts_async import ConfigurationError
from tts_async.cli.app import app
from tts_async.evaluation import plan_runs
from tts_async.recipes import load_recipe, recipe_names
from tts_async.recipes.keys import KEYS

SHARED = {
    "dataset": "HuggingFaceH4/MATH-500",
    "verifier": "RLHFlow/Llama3.1-8B-PRM-Deepseek-Data",
    "aggregation": "last",
    "n": "4,16,64,256",
    "temperature": 0.8,
    "top_p": 1.0,
    "max_tokens": 2048,
    "seed": 0,
    "seeds": 5,
}


@pytest.mark.parametrize("name", recipe_names())
def test_the_published_setups(name: str) -> None:
    """Both models, all searches, one setup; the strategies are there and take the options."""
    recipe = load_recipe(name)
    assert {key: recipe.options[key] for key in SHARED} == SHARED
    size = "1B" if "1b" in name else "3B"
    assert recipe.options["model"] == f"meta-llama/Llama-3.2-{size}-Instruct"
    assert size in recipe.description
    assert recipe.options["system_prompt"].startswith("Solve the following math problem")
    assert recipe.options["system_prompt"].endswith("expression that solves the problem.")
    keys = ("beam_width", "max_steps", "filter_duplicates")
    options = {key: recipe.options[key] for key in keys if key in recipe.options}
    runs = plan_runs(recipe.options["strategy"].split(","), [4, 16, 64, 256], **options)
    assert len(runs) >= 12


def test_every_key_is_an_option() -> None:
    """A key that the command does not know would be left out in silence."""
    commands = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    assert set(KEYS) <= {parameter.name for parameter in commands["eval"].params}


def test_there_is_one_for_each() -> None:
    """Two models, three searches to the letter and the textbook's."""
    searches = ("beam-search", "best-of-n", "dvts", "textbook")
    assert recipe_names() == [
        f"llama-3.2-{m}-{search}" for m in ("1b", "3b") for search in searches
    ]


def test_a_file_of_your_own(tmp_path: Path) -> None:
    """One value where a list may stand is a list of one."""
    path = tmp_path / "mine.toml"
    path.write_text('description = "x"\nn = 4\nstrategy = "dvts"\nbase_url = "http://a"\n')
    recipe = load_recipe(path)
    assert (recipe.name, recipe.description) == ("mine", "x")
    assert recipe.options == {"n": "4", "strategy": "dvts", "base_url": ["http://a"]}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("tempreature = 1", r"mine\.toml: unknown key 'tempreature'; did you mean 'temperature'\?"),
        ("qqq = 1", "unknown key 'qqq'; the keys are description, dataset, strategy, n,"),
        ('n = ["4"]', r"n: expected a list of whole numbers, got \['4'\]"),
        ("n = []", "n: expected a list of whole numbers"),
        ("n = true", "n: expected a list of whole numbers, got True"),
        ("seed = 1.5", "seed: expected a whole number, got 1.5"),
        ('temperature = "hot"', "temperature: expected a number, got 'hot'"),
        ("early_stop = 1", "early_stop: expected true or false"),
        ("description = 1", "description: expected a text"),
        ("n = [", "not a TOML file"),
    ],
)
def test_what_is_wrong_with_a_file(tmp_path: Path, content: str, message: str) -> None:
    """The file, the key, and what to write instead."""
    path = tmp_path / "mine.toml"
    path.write_text(content)
    with pytest.raises(ConfigurationError, match=message):
        load_recipe(path)


def test_what_is_not_there(tmp_path: Path) -> None:
    """The nearest name, and all of them."""
    with pytest.raises(ConfigurationError, match=r"did you mean 'llama-3.2-1b-dvts'\? choose one"):
        load_recipe("llama-3.2-1b-dvt")
    with pytest.raises(ConfigurationError, match=r"recipe: cannot read .*none\.toml: No such file"):
        load_recipe(tmp_path / "none.toml")
