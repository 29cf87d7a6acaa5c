"""A model folder as it comes from the Hugging Face hub or from our own training scripts."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file

from tts_async.errors import ConfigurationError

SINGLE_FILE, INDEX_FILE = "model.safetensors", "model.safetensors.index.json"


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
        raise ConfigurationError(f"no model folder at {folder}")
    return read_json(folder / "config.json")


def read_tensors(
    folder: Path, *, dtype: torch.dtype, device: torch.device
) -> dict[str, torch.Tensor]:
    """Every tensor of the folder's safetensors files by name."""
    names = [SINGLE_FILE]
    if (folder / INDEX_FILE).exists():
        names = sorted(set(read_json(folder / INDEX_FILE)["weight_map"].values()))
    tensors: dict[str, torch.Tensor] = {}
    for name in names:
        try:
            tensors |= load_file(folder / name)
        except FileNotFoundError:
            raise ConfigurationError(f"no weights in {folder}: {name} is missing") from None
        except (SafetensorError, OSError) as error:
            raise ConfigurationError(f"corrupted weights in {folder / name}: {error}") from error
    return {name: tensor.to(device=device, dtype=dtype) for name, tensor in tensors.items()}
