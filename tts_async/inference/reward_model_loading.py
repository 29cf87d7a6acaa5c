"""Which family and which backend a model folder gets."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from tts_async.aggregate import check_aggregation
from tts_async.errors import ConfigurationError
from tts_async.inference.checkpoint import read_config
from tts_async.inference.decoder import is_supported
from tts_async.inference.families import (
    FAMILIES,
    ChatSteps,
    Family,
    Head,
    TextSteps,
    find_family,
    recognise,
)
from tts_async.inference.reward_model import (
    DecoderRewardModel,
    RewardModel,
    describe_architecture,
)


def choose_family(folder: Path, family: Family | str | None, *, name: str) -> Family:
    """The given family, or the one that the folder's config and ``name`` speak for.

    Unless a ``Family`` is given, the config may say more: ``"aggregation"``, ``"step_separator"``.
    Raises ``ConfigurationError`` when nothing speaks for any.
    """
    config = read_config(folder)
    if isinstance(family, Family):
        return family
    known = family or recognise(name, config.get("architectures") or ())
    if known is None:
        raise ConfigurationError(
            f"{name}: {describe_architecture(config)} does not say how this model scores; pass "
            f"family=, one of {', '.join(FAMILIES)}, or a Family of your own"
        )
    found = find_family(known)
    if (aggregation := config.get("aggregation")) is not None:
        found = replace(found, aggregation=check_aggregation(aggregation))
    if (text := config.get("step_separator")) and isinstance(found.layout, ChatSteps | TextSteps):
        separator = type(found.layout.separator)(text)
        found = replace(found, layout=replace(found.layout, separator=separator))
    return found


def load_reward_model(
    folder: Path,
    head: Head,
    *,
    dtype: str,
    device: str,
    label_ids: Sequence[int] = (),
    max_path_tokens: int | None = None,
    backend: str = "auto",
    model_kwargs: Mapping[str, Any] | None = None,
) -> RewardModel:
    """Our own decoder where it can, transformers where it cannot or is asked for.

    Raises ``ConfigurationError`` that says what is missing and what to do.
    """
    place: dict[str, Any] = {"dtype": getattr(torch, dtype), "device": usable_device(device)}
    options: dict[str, Any] = {"label_ids": label_ids, "max_path_tokens": max_path_tokens}
    native = is_supported(read_config(folder)) and not model_kwargs
    if backend == "native" or (backend == "auto" and native):
        return DecoderRewardModel(folder, head, **place, **options)
    from tts_async.inference.transformers_reward_model import (  # seconds of imports
        TransformersRewardModel,
    )

    return TransformersRewardModel(folder, head, **place, **options, model_kwargs=model_kwargs)


@contextmanager
def enough_memory(folder: Path, *, dtype: str, device: str) -> Iterator[None]:
    """What runs out of memory inside is raised as ``ConfigurationError`` that says what to do."""
    try:
        yield
    except (torch.OutOfMemoryError, MemoryError) as error:
        raise _too_large(folder, dtype, device) from error
    except RuntimeError as error:
        if "allocate memory" not in str(error):  # how torch says it for a CPU
            raise
        raise _too_large(folder, dtype, device) from error


def usable_device(name: str) -> torch.device:
    """The device of this name; raises ``ConfigurationError`` when torch cannot use it here."""
    try:
        device = torch.device(name)
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError) as error:  # the latter: a torch without CUDA
        reason = str(error).splitlines()[0]
        raise ConfigurationError(
            f"device: {name!r} cannot be used here: {reason}; name one that this torch knows, or"
            ' "cpu", or install a build of torch for it'
        ) from error
    return device


def _too_large(folder: Path, dtype: str, device: str) -> ConfigurationError:
    weights = sum(path.stat().st_size for path in folder.glob("*.safetensors")) / 1e9
    return ConfigurationError(
        f"{device} has not enough free memory for {folder} in {dtype}: its files hold "
        f"{weights:.1f} GB of weights; use dtype='bfloat16', fewer cache_tokens, a quantised "
        "model (model_kwargs), or another device"
    )
