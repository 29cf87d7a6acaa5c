"""Names that say how to search."""

import pytest

from tts_async.errors import ConfigurationError
from tts_async.gateway import GatewayError
from tts_async.gateway.model_names import ModelNames, NamedSearch


def names(*, has_verifier: bool = True, most: int = 256, **aliases: str) -> ModelNames:
    """The names of a gateway."""
    return ModelNames(aliases, has_verifier, most)


@pytest.mark.parametrize(
    ("name", "strategy", "n"),
    [
        ("default", None, None),
        ("greedy", "greedy", None),
        ("majority", "majority", None),
        ("majority-16", "majority", 16),
        ("best-of-n-64", "best_of_n", 64),
        ("best-of-n", "best_of_n", None),
        ("best_of_n-3", "best_of_n", 3),
        ("beam-16", "beam_search", 16),
        ("beam_search", "beam_search", None),
        ("dvts-64", "dvts", 64),
        ("compute-optimal", "compute_optimal", None),
        ("compute-optimal-32", "compute_optimal", 32),
    ],
)
def test_names(name: str, strategy: str | None, n: int | None) -> None:
    """The published ones, and a strategy's own."""
    assert names().find(name) == NamedSearch(strategy, n)


@pytest.mark.parametrize(
    "name", ["", "gpt-4o", "dvts-", "dvts-x", "dvts--4", "dvts-4.5", "DVTS-4", "greedy-4", "../x"]
)
def test_what_is_no_name(name: str) -> None:
    """404, with what there is."""
    with pytest.raises(GatewayError, match="choose one of greedy, majority-N") as caught:
        names().find(name)
    error = caught.value
    assert (error.status, error.code, error.param) == (404, "model_not_found", "model")


def test_the_nearest_name_is_told() -> None:
    """Of those that work here."""
    with pytest.raises(GatewayError, match="did you mean 'dvts-16'"):
        names().find("dvst-16")
    with pytest.raises(GatewayError, match="did you mean 'gpt-4o-mini'"):
        names(**{"gpt-4o-mini": "dvts-16"}).find("gpt-4o-mni")


def test_aliases() -> None:
    """Further names, in front of all others."""
    found = names(**{"gpt-4o": "beam-8", "default": "majority-4", "mine": "default"})
    assert found.find("gpt-4o") == NamedSearch("beam_search", 8)
    assert found.find("default") == NamedSearch("majority", 4)
    assert found.find("mine") == NamedSearch()
    with pytest.raises(ConfigurationError, match="aliases: 'a' stands for 'b'"):
        names(a="b")


def test_the_list_is_of_what_works() -> None:
    """No strategy that needs the verifier which is not there, nor more than is allowed."""
    assert list(names(gpt="dvts-4").listed())[:4] == ["default", "gpt", "greedy", "majority-4"]
    assert "dvts-256" in names().listed()
    assert "dvts-256" not in names(most=64).listed()
    assert list(names(has_verifier=False, most=16).listed()) == [
        "default",
        "greedy",
        "majority-4",
        "majority-16",
    ]


def test_every_listed_name_is_one() -> None:
    """So a client may pick any."""
    every = names(alias="greedy")
    assert all(every.find(name) for name in every.listed())
