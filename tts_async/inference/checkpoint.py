"""A model folder as it comes from the Hugging Face hub or from our own training scripts."""

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch
from safetensors import SafetensorError, safe_open

from tts_async.errors import ConfigurationError

SINGLE_FILE, INDEX_FILE = "model.safetensors", "model.safetensors.index.json"
OLD_FILE, OLD_INDEX_FILE = "pytorch_model.bin", "pytorch_model.bin.index.json"


def read_json(path: Path, *, missing: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The object in a JSON file; ``missing`` is the answer when there is no such file."""
    if missing is not None and not path.exists():
        return dict(missing)
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigurationError(f"cannot read {path}: {error.strerror}") from error
    except ValueError as error:
        raise ConfigurationError(f"{path} is not valid JSON: {error}") from error
    if not isinstance(content, dict):
        raise ConfigurationError(f"{path} holds a {type(content).__name__}, not an object")
    return content


def read_config(folder: Path) -> dict[str, Any]:
    """The folder's ``config.json``."""
    if not folder.is_dir():
        raise ConfigurationError(
            f"no model folder at {folder}; give the path of one, with config.json, weights and "
            "tokenizer.json"
        )
    return read_json(folder / "config.json")


def read_tensors(
    folder: Path,
    *,
    dtype: torch.dtype,
    device: torch.device,
    wanted: Callable[[str], bool] = lambda _: True,
) -> dict[str, torch.Tensor]:
    """The wanted tensors of the folder's weights by name, one after the other onto the device."""
    tensors: dict[str, torch.Tensor] = {}
    for path in _weight_files(folder):
        try:
            for name, tensor in _tensors_of(path, device, wanted):
                tensors[name] = tensor.to(device=device, dtype=dtype)
        except FileNotFoundError:
            raise ConfigurationError(
                f"no weights in {folder}: {path.name} is missing; download or copy the whole folder"
            ) from None
        except (SafetensorError, UnpicklingError, OSError, EOFError) as error:
            raise ConfigurationError(f"corrupted weights in {path}: {error}") from error
    return tensors


def _weight_files(folder: Path) -> list[Path]:
    for single, index in ((SINGLE_FILE, INDEX_FILE), (OLD_FILE, OLD_INDEX_FILE)):
        if (folder / index).exists():
            return [
                folder / n for n in sorted(set(read_json(folder / index)["weight_map"].values()))
            ]
        if (folder / single).exists():
            return [folder / single]
    return [folder / SINGLE_FILE]


def _tensors_of(
    path: Path, device: torch.device, wanted: Callable[[str], bool]
) -> Iterator[tuple[str, torch.Tensor]]:
    if path.suffix == ".bin":
        try:
            content = torch.load(path, map_location="cpu", weights_only=True, mmap=True)
        except RuntimeError as error:
            raise UnpicklingError(str(error)) from error
        yield from ((name, content[name]) for name in content if wanted(name))
        return
    with safe_open(path, framework="pt", device=str(device)) as file:
        for name in file.keys():  # noqa: SIM118 - not a mapping
            if wanted(name):
                yield name, file.get_tensor(name)
