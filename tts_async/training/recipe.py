"""How a verifier is trained, and what came of it."""

from dataclasses import dataclass

from tts_async.errors import ConfigurationError


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingOptions:
    """How to train.

    ``learning_rate`` is reached after the ``warm_up`` share of the optimizer's steps and falls
    linearly to zero: 1e-5 suits models of a billion parameters, 1e-3 the embedded one.
    ``batch_tokens`` counts padding. ``clip`` bounds the norm of the gradient. ``frozen_trunk``
    trains the head alone. ``bfloat16`` computes in that precision and keeps float32 weights.
    """

    learning_rate: float = 1e-5
    epochs: int = 1
    batch_tokens: int = 8192
    warm_up: float = 0.05
    clip: float = 1.0
    frozen_trunk: bool = False
    bfloat16: bool = False
    seed: int = 0
    device: str = "cpu"

    def __post_init__(self) -> None:
        for name in ("learning_rate", "epochs", "batch_tokens", "clip"):
            if not getattr(self, name) > 0:
                raise ConfigurationError(f"{name}: must be positive, got {getattr(self, name)}")
        if not 0 <= self.warm_up < 1:
            raise ConfigurationError(f"warm_up: must be in [0, 1), got {self.warm_up}")


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingReport:
    """What was trained: ``solutions`` (``too_long`` of them left out), optimizer ``steps``.

    ``losses``: the cross-entropy of each batch before its step, in nats per step of a solution.
    """

    solutions: int
    too_long: int
    steps: int
    losses: tuple[float, ...]
