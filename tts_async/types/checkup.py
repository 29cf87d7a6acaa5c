"""What a look at the generator and the verifier found: what they are, what works, what to do."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any, Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Feature:
    """One thing that a service can do or not.

    ``works`` is ``None`` where it cannot be told from outside. ``detail`` says what was seen,
    ``fix`` what to do when it does not work. Searches need it unless it is ``optional``.
    """

    name: str
    works: bool | None
    detail: str = ""
    fix: str = ""
    optional: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceReport:
    """One server, or one model on this machine.

    ``kind`` in words, ``where`` its URL or folder; ``context_length`` in tokens, ``capacity`` in
    concurrent sequences (of a verifier: paths). ``error`` is why it cannot be used at all.
    """

    role: Literal["generator", "verifier"]
    kind: str
    where: str | None = None
    version: str | None = None
    model: str | None = None
    context_length: int | None = None
    capacity: int | None = None
    features: tuple[Feature, ...] = ()
    error: str | None = None

    @property
    def missing(self) -> tuple[Feature, ...]:
        """What searches need and do not get."""
        return tuple(f for f in self.features if f.works is False and not f.optional)

    @property
    def ok(self) -> bool:
        """Whether it can be used for every kind of search."""
        return self.error is None and not self.missing


@dataclass(frozen=True, slots=True)
class CheckReport:
    """Every service behind a solver: each replica of the generator, and the verifier if any."""

    services: tuple[ServiceReport, ...]

    @property
    def ok(self) -> bool:
        """Whether nothing is missing anywhere."""
        return all(service.ok for service in self.services)

    @property
    def capacity(self) -> int:
        """Sequences that the generator takes at a time, all replicas together."""
        return sum(s.capacity or 0 for s in self.services if s.role == "generator" and not s.error)

    @property
    def problems(self) -> tuple[str, ...]:
        """What is wrong and what to do about it, one line each."""
        return tuple(self._problems())

    def to_dict(self) -> dict[str, Any]:
        """As plain data."""
        services = [{**asdict(service), "ok": service.ok} for service in self.services]
        for service in services:
            service["features"] = [
                {**feature, "fix": None if feature["works"] else feature["fix"]}
                for feature in service["features"]
            ]
        return {"ok": self.ok, "problems": list(self.problems), "services": services}

    def _problems(self) -> Iterator[str]:
        for service in self.services:
            name = service.where or service.role
            if service.error is not None:
                yield service.error if name in service.error else f"{name}: {service.error}"
            for feature in service.missing:
                detail = f" ({feature.detail})" if feature.detail else ""
                yield f"{name}: {feature.name} does not work{detail}; {feature.fix}"
