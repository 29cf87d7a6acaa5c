"""Published setups as files, to run with ``tts-async eval --recipe NAME``.

A recipe is a TOML file whose keys are the long options of ``tts-async eval`` with underscores, and
a ``description``. What is given on the command line goes before what a recipe says.
"""

from tts_async.recipes.recipe import Recipe, load_recipe, recipe_names

__all__ = ["Recipe", "load_recipe", "recipe_names"]
