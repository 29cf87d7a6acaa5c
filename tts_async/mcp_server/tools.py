"""The tools as the protocol describes them."""

from collections.abc import Sequence
from typing import Any, Final

import msgspec
from mcp import Tool
from mcp.types import ToolAnnotations

from tts_async.mcp_server.answers import Comparison, Solution
from tts_async.mcp_server.arguments import CompareArguments, SolveArguments

SOLVE: Final = "solve"
COMPARE: Final = "compare_strategies"

_ABOUT_SOLVE: Final = (
    "Solve a problem that has one definite answer by searching over many candidate solutions of a "
    "small language model, scoring their steps, and voting. Returns the answer with its confidence "
    "and the best solution's reasoning. Takes seconds to minutes; more candidates take longer."
)
_ABOUT_COMPARE: Final = (
    "Solve the same problem with several search strategies side by side. Returns each one's answer "
    "and cost and how far they agree: agreement between strategies is a sign of a right answer. "
    "Costs as much as all of them together."
)
_HARMLESS: Final = ToolAnnotations(
    read_only_hint=True, destructive_hint=False, idempotent_hint=False, open_world_hint=False
)


def describe_tools(strategies: Sequence[str], max_candidates: int) -> list[Tool]:
    """Both tools, for a server that has these strategies and allows so many candidates."""
    solve, comparison = _fields_of(SolveArguments), _fields_of(CompareArguments)
    solve["properties"]["strategy"]["enum"] = list(strategies)
    comparison["properties"]["strategies"]["items"]["enum"] = list(strategies)
    comparison["properties"]["strategies"]["uniqueItems"] = True
    for schema in (solve, comparison):
        schema["properties"]["n"]["maximum"] = max_candidates
    return [
        Tool(
            name=SOLVE,
            title="Solve with search",
            description=_ABOUT_SOLVE,
            input_schema=solve,
            output_schema=_schema(Solution),
            annotations=_HARMLESS,
        ),
        Tool(
            name=COMPARE,
            title="Compare search strategies",
            description=_ABOUT_COMPARE,
            input_schema=comparison,
            output_schema=_schema(Comparison),
            annotations=_HARMLESS,
        ),
    ]


def _fields_of(kind: type[msgspec.Struct]) -> dict[str, Any]:
    """The schema of arguments, in which what may be left out is not shown as "or null" too."""
    schema = _schema(kind)
    for name, field in schema["properties"].items():
        if "anyOf" in field:
            (schema["properties"][name],) = (
                option for option in field["anyOf"] if option != {"type": "null"}
            )
    return schema


def _schema(kind: type[msgspec.Struct]) -> dict[str, Any]:
    """The JSON Schema of a structure, an object at its root as the protocol wants it."""
    _, definitions = msgspec.json.schema_components([kind], ref_template="#/$defs/{name}")
    schema: dict[str, Any] = definitions.pop(kind.__name__)
    for part in (schema, *definitions.values()):
        for internal in ("title", "description"):  # written for readers of the code
            part.pop(internal, None)
    return schema | ({"$defs": definitions} if definitions else {})
