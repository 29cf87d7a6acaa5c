"""What a request asks of the engine."""

from dataclasses import replace
from typing import Any

import msgspec
import pytest

from tests.gateway.served import random_trees
from tts_async import Budget
from tts_async.gateway import GatewayError, GatewaySettings
from tts_async.gateway.access import KeyLimits, Tenant
from tts_async.gateway.model_names import ModelNames
from tts_async.gateway.schema import read_chat_request
from tts_async.gateway.search_plan import SearchPlan, make_plan
from tts_async.gateway.strategy_choice import StrategyChoice
from tts_async.strategies import ComputeOptimal
from tts_async.strategies.compute_optimal import PUBLISHED, Provenance

ANNA = Tenant(name="anna", priority=3)


def plan(model: str = "dvts-8", tenant: Tenant = ANNA, **fields: Any) -> SearchPlan:
    """The plan of a request."""
    settings = GatewaySettings(**fields.pop("settings", {}))
    solver = random_trees()
    body = {"model": model, "messages": [{"role": "user", "content": "1 + 1"}], **fields}
    names = ModelNames({}, solver.has_verifier, settings.max_candidates)
    request = read_chat_request(msgspec.json.encode(body))
    return make_plan(request, tenant, StrategyChoice(solver, settings, names))


def test_the_tenant_shares_the_machines_under_its_own_name() -> None:
    """A request may be less urgent than its tenant, and not more."""
    assert (plan().problem.tenant, plan().problem.priority) == ("anna", 3)
    assert plan(tts={"priority": 4}).problem.priority == 7


def test_the_tenant_is_asked_whether_it_may() -> None:
    """Of the strategy that is really used, and its candidates."""
    tenant = Tenant(
        name="ben", limits=KeyLimits(max_n=8, strategies=frozenset({"dvts", "majority"}))
    )
    plan("dvts-8", tenant)
    for model, tts in [("dvts-16", None), ("dvts-4", {"n": 16}), ("dvts-4", {"strategy": "beam"})]:
        with pytest.raises(GatewayError) as caught:
            plan(model, tenant, tts=tts)
        assert caught.value.status == 403


def test_the_problem_is_the_same_for_the_same_question() -> None:
    """So that a seed makes a search repeatable; the user is only remembered."""
    named, other = plan(user="u-1"), plan("greedy")
    assert named.problem.id == other.problem.id
    assert (named.problem.metadata, other.problem.metadata) == ({"user": "u-1"}, {})


def test_what_a_search_can_cost() -> None:
    """Every candidate at its longest, or the budget."""
    assert plan(max_tokens=100).most_tokens == 800
    assert plan("greedy", max_tokens=100).most_tokens == 100
    assert plan(max_tokens=100, tts={"budget": 500}).most_tokens == 500


@pytest.mark.parametrize("most", [1, 4, 6])
@pytest.mark.parametrize("model", ["default", "majority", "best-of-n", "beam", "dvts"])
def test_a_name_without_a_number_stays_within_the_limit(model: str, most: int) -> None:
    """The usual 16 are too many here; beams stay of equal size."""
    made = plan(model, settings={"max_candidates": most})
    beams = model in {"default", "beam", "dvts"}
    assert made.candidates == (4 if most == 6 and beams else most)


def test_fewer_candidates_than_beams_are_wide() -> None:
    """Narrows them, in the solver's own strategy too."""
    assert plan("default", tts={"n": 2}).candidates == 2


def test_limits_in_time() -> None:
    """The stricter of the operator's and the request's."""
    assert plan().deadline is None
    assert plan(tts={"deadline_s": 5}).deadline == 5
    assert plan(tts={"deadline_s": 5}, settings={"max_seconds": 3.0}).deadline == 3
    assert plan(settings={"max_seconds": 3.0}).deadline == 3


def test_a_budget_limit_by_limit() -> None:
    """As far as it is said."""
    assert plan().budget == Budget()
    asked = {"tokens": 10, "seconds": 2.5}
    assert plan(tts={"budget": asked}).budget == Budget(tokens=10, seconds=2.5)


def test_another_strategy_takes_over_what_it_has() -> None:
    """The number of the model's name too, where it has one."""
    assert repr(plan("dvts-8", tts={"strategy": "beam"}).strategy).startswith("BeamSearch(n=8")
    assert repr(plan("dvts-8", tts={"strategy": "greedy"}).strategy) == "Greedy()"


def test_the_operators_policy() -> None:
    """Is what compute-optimal search goes by."""
    policy = replace(PUBLISHED, provenance=Provenance(source="ours"))
    chosen = plan("compute-optimal-8", settings={"policy": policy}).strategy
    assert isinstance(chosen, ComputeOptimal)
    assert chosen.table == policy
