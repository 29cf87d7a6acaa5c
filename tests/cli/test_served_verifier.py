"""``--verifier`` takes a URL or ``self``."""

from pathlib import Path

import pytest

from tts_async import ConfigurationError
from tts_async.cli.models import Models
from tts_async.cli.search_options import SearchOptions
from tts_async.strategies import DVTS
from tts_async.verifiers import JudgeVerifier, VerifierPool, VLLMVerifier

SERVER = ["http://localhost:1"]


def test_a_url_is_a_served_verifier() -> None:
    """In words it has no password; the solver gets it whole."""
    models = Models(base_url=SERVER, verifier="http://me:secret@localhost:2/v1")
    assert models.verifier_name == "http://localhost:2/v1"
    solver = models.solver_for([DVTS()], SearchOptions())
    assert isinstance(solver.verifier, VLLMVerifier)


def test_self_is_the_generators_server() -> None:
    """As a judge, with its model and key."""
    models = Models(base_url=SERVER, model="m", verifier="self")
    assert models.verifier_name == "self"
    judge = models.solver_for([DVTS()], SearchOptions()).verifier
    assert isinstance(judge, JudgeVerifier)
    assert (judge.base_url, judge.model) == ("http://localhost:1/v1", "m")
    with pytest.raises(ConfigurationError, match="takes one base_url"):
        Models(verifier="self").solver_for([DVTS()], SearchOptions())


def test_a_url_that_is_none(tmp_path: Path) -> None:
    """Noticed before anything is started."""
    with pytest.raises(ConfigurationError, match="not an http"):
        Models(base_url=SERVER, verifier="ftp://localhost").solver_for([DVTS()], SearchOptions())
    with pytest.raises(ConfigurationError, match="verifier: no such folder"):
        Models(base_url=SERVER, verifier=str(tmp_path / "none"))


def test_a_local_one_runs_where_it_is_told_to() -> None:
    """The embedded one too; what runs elsewhere, or not at all, has no device here."""
    models = Models(verifier_device="cpu:2, cpu", verifier_dtype="bfloat16")
    pool = models.solver_for([DVTS()], SearchOptions()).verifier
    assert isinstance(pool, VerifierPool)
    assert [repr(member.worker).count("bfloat16") for member in pool._members] == [1, 1, 1]
    for verifier in ("self", "http://localhost:2", "none"):
        with pytest.raises(ConfigurationError, match="verifier-dtype: is for a reward model"):
            Models(base_url=SERVER, verifier=verifier, verifier_dtype="float16")
    with pytest.raises(ConfigurationError, match="devices: 'gpu 0' is no device"):
        Models(verifier_device="gpu 0").solver_for([DVTS()], SearchOptions())
