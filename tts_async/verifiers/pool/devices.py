"""The names of devices: ``"cuda:0"``, ``"cpu"``, ``"cpu:4"`` for four workers on the CPU."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from tts_async.errors import ConfigurationError


@dataclass(frozen=True, slots=True)
class Place:
    """Where one worker runs, and with how many CPU threads."""

    device: str
    threads: int


def places(devices: str | Sequence[str], threads: int | None) -> list[Place]:
    """One place per worker, ``threads`` divided among them; by default each has one.

    Raises ``ConfigurationError``.
    """
    names = (
        devices if isinstance(devices, Iterable) and not isinstance(devices, str) else (devices,)
    )
    each = [device for name in names for device in _expanded(name)]
    if not each:
        raise ConfigurationError('devices: it is empty; name at least one, such as "cpu"')
    if threads is not None and threads < len(each):
        raise ConfigurationError(
            f"threads: {threads} are too few for {len(each)} workers; give each of them one"
        )
    share, left = divmod(len(each) if threads is None else threads, len(each))
    return [Place(device, share + (index < left)) for index, device in enumerate(each)]


def _expanded(name: str) -> Iterator[str]:
    """``"cpu:2"`` is two workers: a CPU has no numbered parts to place one on."""
    kind, colon, number = str(name).partition(":")
    numbered = number.isdecimal() and not (kind == "cpu" and int(number) == 0)
    if not kind.isalpha() or (colon and not numbered):
        raise ConfigurationError(
            f'devices: {name!r} is no device; write "cuda:0", "cpu", or "cpu:2" for two workers '
            "on the CPU"
        )
    if kind == "cpu":
        yield from ["cpu"] * int(number or 1)
    else:
        yield name
