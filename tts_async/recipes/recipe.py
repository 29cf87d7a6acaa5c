"""Find, read and check recipes."""

import difflib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

from tts_async.errors import ConfigurationError
from tts_async.recipes.keys import KEYS, read_value

DESCRIPTION: Final = "description"
SUFFIX: Final = ".toml"


@dataclass(frozen=True, slots=True)
class Recipe:
    """A setup to measure.

    ``options``: the options of ``tts-async eval`` by their long names with underscores (``dataset``
    is its argument), in the form the command line takes: ``strategy`` and ``n`` are comma-separated
    texts. What is not in it is left to the defaults.
    """

    name: str
    description: str
    options: Mapping[str, Any]


def recipe_names() -> list[str]:
    """The recipes that come with the package."""
    found = (entry.name for entry in files(__package__).iterdir())
    return sorted(name.removesuffix(SUFFIX) for name in found if name.endswith(SUFFIX))


def load_recipe(name_or_path: str | Path) -> Recipe:
    """A recipe of the package by its name, or one from a TOML file.

    Raises ``ConfigurationError`` that names the key or the name meant.
    """
    path = Path(name_or_path)
    if path.suffix == SUFFIX:
        try:
            return _parse(path.stem, str(path), path.read_bytes())
        except OSError as error:
            raise ConfigurationError(f"recipe: cannot read {path}: {error.strerror}") from error
    name, names = str(name_or_path), recipe_names()
    if name not in names:
        raise ConfigurationError(
            f"recipe: unknown {name!r}; {_nearest(name, names)}choose one of {', '.join(names)}, "
            f"or give a file that ends with {SUFFIX}"
        )
    return _parse(name, name, files(__package__).joinpath(name + SUFFIX).read_bytes())


def _parse(name: str, where: str, content: bytes) -> Recipe:
    where = f"recipe {where}"
    try:
        data = tomllib.loads(content.decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{where}: not a TOML file: {error}") from error
    description = data.pop(DESCRIPTION, "")
    if not isinstance(description, str):
        raise ConfigurationError(f"{where}: {DESCRIPTION}: expected a text, got {description!r}")
    for key in data:
        if key not in KEYS:
            known = [DESCRIPTION, *KEYS]
            hint = _nearest(key, known) or f"the keys are {', '.join(known)}"
            raise ConfigurationError(f"{where}: unknown key {key!r}; {hint.strip()}")
    options = {key: read_value(where, key, value) for key, value in data.items()}
    return Recipe(name, description, options)


def _nearest(name: str, names: list[str]) -> str:
    near = difflib.get_close_matches(name, names, n=1)
    return f"did you mean {near[0]!r}? " if near else ""
