"""What a user meets first: a light import and a complete public namespace."""

import subprocess
import sys

import tts_async


def test_import_is_light() -> None:
    """No heavy package is imported until something needs it."""
    heavy = "torch transformers numpy openai aiohttp math_verify sympy rich typer matplotlib"
    code = f"import sys, tts_async; print([m for m in {heavy.split()!r} if m in sys.modules])"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


def test_public_names_exist_and_have_a_docstring() -> None:
    """Everything in __all__ is there, sorted as ruff wants it, and documented."""
    for name in tts_async.__all__:
        assert getattr(tts_async, name) is not None
        if name not in {"__version__", "Aggregation", "Finish", "Selection", "StepScores"}:
            assert getattr(tts_async, name).__doc__, name


def test_errors_are_drawn_as_they_are() -> None:
    """The tree in the module's docstring names every error, each below its parent."""
    from tts_async import errors

    lines = (errors.__doc__ or "").splitlines()
    depth: dict[str, int] = {}
    parents: dict[str, str] = {}
    for line in lines:
        name = line.lstrip(" │├└─").split(" ")[0]
        if isinstance(getattr(errors, name, None), type):
            depth[name] = len(line) - len(line.lstrip(" │├└─"))
            above = [other for other in depth if depth[other] < depth[name]]
            parents[name] = above[-1] if above else "Exception"
    classes = {n: c for n, c in vars(errors).items() if isinstance(c, type)}
    assert set(parents) == set(classes)
    assert all(classes[n].__mro__[1].__name__ == p for n, p in parents.items())
