"""Options that belong together, declared once: the fields of a dataclass.

typer reads the options of a command from its signature, one parameter each. A command whose
parameter is such a dataclass gets the fields in its place.
"""

from collections.abc import Callable
from dataclasses import fields, is_dataclass
from functools import wraps
from inspect import signature
from typing import Any, TypeVar

T = TypeVar("T")


def with_option_groups(command: Callable[..., T]) -> Callable[..., T]:
    """The command as typer is to see it: every group replaced by its options.

    Groups are made when the command is called, so what they raise needs ``exit_codes`` around it.
    """
    declared = signature(command).parameters
    groups = {name: each.annotation for name, each in declared.items() if _is_group(each)}

    @wraps(command)
    def call(**values: Any) -> T:
        for name, group in groups.items():
            own = {field.name: values.pop(field.name) for field in fields(group)}
            values[name] = group(**own)
        return command(**values)

    options = [
        option
        for name, each in declared.items()
        for option in (signature(groups[name]).parameters.values() if name in groups else [each])
    ]
    call.__signature__ = signature(command).replace(parameters=options)  # type: ignore[attr-defined]
    return call


def _is_group(parameter: Any) -> bool:
    return is_dataclass(parameter.annotation)
