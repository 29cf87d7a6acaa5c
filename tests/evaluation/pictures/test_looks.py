"""Every strategy looks the same in every picture, and unlike the others."""

from tts_async.evaluation.pictures.looks import LOOKS, looks_of, name_of_kind

KINDS = [
    *((strategy, None) for strategy in LOOKS),
    *((strategy, select) for strategy in LOOKS for select in ("naive", "majority", "weighted")),
]


def test_no_two_known_kinds_look_alike_in_grey() -> None:
    """Marker, filling and line differ where the colour does not count."""
    looks = looks_of(kind for kind in KINDS if kind[1] != "weighted")
    seen = {(look.marker, look.fill, look.dashes) for look in looks.values()}
    assert len(seen) == len(looks)


def test_weighted_is_the_plain_look() -> None:
    """It is what most strategies do unless told otherwise."""
    looks = looks_of([("dvts", "weighted"), ("dvts", None)])
    assert looks["dvts", "weighted"] == looks["dvts", None] == LOOKS["dvts"]


def test_an_unknown_strategy_keeps_its_look() -> None:
    """It follows from the name, and two of them differ."""
    alone = looks_of([("mcts", None)])["mcts", None]
    among = looks_of([("mcts", None), ("dvts", None), ("zzz", None), ("tot", "naive")])
    assert among["mcts", None] == alone
    unknown = [among[kind] for kind in (("mcts", None), ("zzz", None), ("tot", "naive"))]
    assert len({(look.colour, look.marker) for look in unknown}) == len(unknown)


def test_there_is_a_look_for_any_number() -> None:
    """After sixteen unknown ones they repeat."""
    assert len(looks_of((f"strategy_{i}", None) for i in range(40))) == 40


def test_names_say_the_selection_where_it_tells() -> None:
    """Always for Best-of-N, which is compared by it."""
    assert name_of_kind("best_of_n", "weighted") == "best-of-N, weighted"
    assert name_of_kind("dvts", "weighted") == "DVTS"
    assert name_of_kind("dvts", "weighted", several=True) == "DVTS, weighted"
    assert name_of_kind("dvts", "naive") == "DVTS, naive"
    assert name_of_kind("majority", None) == "majority vote"
    assert name_of_kind("mcts", None) == "mcts"
