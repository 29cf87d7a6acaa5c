"""What a strategy is called in figures and spans."""

from typing import Final

from tts_async.strategies import REFERENCE_STRATEGIES, STRATEGIES

OTHER: Final = "other"

_REGISTERED: Final = {
    kind.__name__: name for name, kind in (STRATEGIES | REFERENCE_STRATEGIES).items()
}


def strategy_name(written: str) -> str:
    """From a strategy as it writes itself, ``DVTS(n=16, …)``, to its name, ``dvts``.

    One of your own goes by the name of its class; what has no name is ``other``.
    """
    name = written.partition("(")[0]
    return _REGISTERED.get(name) or (name if name.isidentifier() else OTHER)
