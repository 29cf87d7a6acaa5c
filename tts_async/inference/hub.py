"""Where a model is: a folder on this machine, or a repository of the Hugging Face hub."""

import re
from pathlib import Path

from tts_async.errors import ConfigurationError, describe

REPOSITORY = re.compile(r"[\w.-]+/[\w.-]+")
DESCRIPTION = ["*.json", "*.jinja", "*.model", "*.txt"]
WEIGHTS = ["*.safetensors"]
OLD_WEIGHTS = ["pytorch_model*.bin"]


def model_folder(model: str) -> Path:
    """The folder itself, or a local copy of the repository, downloaded unless it is in the cache.

    ``HF_HUB_OFFLINE``, ``HF_HOME`` and ``HF_TOKEN`` mean what they mean everywhere.
    """
    folder = Path(model).expanduser()
    if folder.exists() or not REPOSITORY.fullmatch(model):
        return folder
    try:
        from huggingface_hub import snapshot_download  # half a second that a folder does not need
    except ModuleNotFoundError:
        raise ConfigurationError(
            f"{model} is no folder here, and fetching it from the Hugging Face hub needs the "
            "package huggingface_hub: pip install 'tts-async[local]'"
        ) from None
    try:
        copy = Path(snapshot_download(model, allow_patterns=DESCRIPTION + WEIGHTS))
        if not any(copy.glob(WEIGHTS[0])):
            copy = Path(snapshot_download(model, allow_patterns=DESCRIPTION + OLD_WEIGHTS))
    except Exception as error:  # the hub's errors, and those of whatever carries its requests
        raise ConfigurationError(
            f"{model} is no folder here, and the Hugging Face hub does not give it "
            f"({describe(error).splitlines()[0]}); check the name and HF_TOKEN, or download it "
            f"where there is a network, with: hf download {model}"
        ) from error
    return copy
