"""Guards the stopping rules, the guarantee behind the price, and the walk."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from raise_penguin.penguin.errors import SettingsError
from raise_penguin.policies.retrieval import Neighbour, Retrieval
from raise_penguin.policies.stop_calibration import (
    Calibration,
    CalibrationFile,
    GuaranteeError,
    choose_price,
    p_value,
    shipped_calibration,
    upper_bound,
)
from raise_penguin.policies.stopping import ASK_ON, RULES, StopSignal, completeness, rule_named
from raise_penguin.policies.store import PolicyStore, shipped_store_path
from raise_penguin.policies.walk import stop_signal, walk

PERSON = {"age": "25-34", "gender": "Female", "past_self_harm_history": "No"}
PLAN = Neighbour(
    query="q",
    domain="career",
    situation="",
    path=("age", "past_self_harm_history", "gender"),
    values=(2.0, 3.0, 3.5, 3.52),
    similarity=0.9,
)


def signal(
    complete: int = 0,
    *,
    asked: int = 0,
    budget: int = 3,
    gain: float | None = None,
    cost: float = 0.0,
) -> StopSignal:
    return StopSignal(
        asked=asked, budget=budget, completeness=complete, expected_gain=gain, cost=cost
    )


def test_completeness() -> None:
    weights = {"age": 3.0, "gender": 1.0, "profession": 1.0}
    assert completeness(weights, []) == 0
    assert completeness(weights, ["age"]) == 3
    assert completeness(weights, ["age"], ["gender", "profession"]) == 5
    assert completeness({}, []) == 5


def test_rules_by_completeness() -> None:
    assert rule_named("scale").stop(signal(4)).stop
    assert not rule_named("scale").stop(signal(3, asked=2)).stop
    assert rule_named("scale").stop(signal(0, asked=3)).stop
    assert rule_named("binary").stop(signal(3)).stop
    assert rule_named("basic").stop(signal(2)).stop
    assert not rule_named("scale", 5).stop(signal(4)).stop
    assert not ASK_ON.stop(signal(5)).stop
    with pytest.raises(SettingsError, match="never"):
        rule_named("never")


@pytest.mark.parametrize(
    ("price", "threshold"), [(-1, None), (math.inf, None), (math.nan, None), (0, -1), (0, 6)]
)
@pytest.mark.parametrize("name", RULES)
def test_numbers_out_of_their_range_are_refused(
    name: str, price: float, threshold: int | None
) -> None:
    with pytest.raises(SettingsError, match=r"price|threshold"):
        rule_named(name, threshold, price=price)


def test_value_weighs_gain_against_cost_in_plain_words() -> None:
    rule = rule_named("value", price=0.5)
    on, off = rule.stop(signal(5, gain=0.3, cost=0.4)), rule.stop(signal(0, gain=0.2, cost=0.4))
    assert (on.stop, off.stop) == (False, True)
    assert "0.30 points, more than the 0.20" in on.reason
    assert "0.20 points, no more than the 0.20" in off.reason
    assert "no plan" in rule.stop(signal()).reason
    assert rule.stop(signal(asked=3, gain=1.0)).stop
    with pytest.raises(SettingsError, match="price"):
        rule_named("value", price=-1)


def test_auto_is_value_where_gains_are_known_else_scale() -> None:
    auto = rule_named("auto", price=0.5)
    assert auto.stop(signal(4)).stop
    assert not auto.stop(signal(4, gain=0.5, cost=0.1)).stop
    assert auto.stop(signal(5, gain=0.5, cost=0.1)).stop


def test_a_walk_asks_while_it_pays() -> None:
    found = Retrieval([PLAN])
    assert walk(found, PERSON, ASK_ON, budget=9) == ("age", "past_self_harm_history", "gender")
    assert walk(found, PERSON, ASK_ON, budget=1) == ("age",)
    dear = rule_named("value", price=0.8)
    assert walk(found, PERSON, dear, budget=9, price=0.8) == ("age",)


def test_a_signal_of_the_static_order_knows_no_gain() -> None:
    seen = stop_signal(Retrieval([]), {}, list(PERSON), asked=0, budget=3, price=0.1)
    assert (seen.expected_gain, seen.cost, seen.completeness) == (None, 0.0, 0)


@settings(max_examples=60, deadline=None)
@given(st.floats(0, 0.9), st.integers(2, 400), st.floats(0.55, 0.99))
def test_the_upper_bound_is_the_smallest_level_that_passes(
    mean: float, n: int, confidence: float
) -> None:
    upper = upper_bound(mean, n, confidence)
    assert mean <= upper <= 1
    assert p_value(mean, n, min(1.0, upper + 1e-6)) <= 1 - confidence + 1e-9
    assert upper_bound(mean, 2 * n, confidence) <= upper + 1e-6


def test_the_p_value_is_valid_for_coins() -> None:
    rng = np.random.Generator(np.random.PCG64(0))
    means = rng.binomial(60, 0.2, 4_000) / 60
    wrong = np.mean([p_value(float(mean), 60, 0.2) <= 0.1 for mean in means])
    assert wrong <= 0.1


def test_prices_are_tried_from_the_safest_up_and_stop_at_the_first_failure() -> None:
    losses = {0.0: [0.0] * 100, 0.1: [0.01] * 100, 0.2: [0.5] * 100, 0.3: [0.0] * 100}
    assert choose_price(losses, alpha=0.1, confidence=0.9) == 0.1


def test_a_guarantee_out_of_reach_is_refused_with_what_can_be_had() -> None:
    with pytest.raises(GuaranteeError, match=r"on 10 situations: .* and 0\.\d+ can be guaranteed"):
        choose_price({0.0: [0.0] * 10}, alpha=0.05, confidence=0.9)


@pytest.mark.parametrize("alpha", [-1.0, 0.0, 1.0, 2.0, math.nan])
def test_a_level_that_bounds_nothing_is_refused(alpha: float) -> None:
    with pytest.raises(SettingsError, match="alpha"):
        choose_price({0.0: [0.0] * 100}, alpha=alpha, confidence=0.9)


@pytest.mark.parametrize("losses", [{}, {0.0: []}, {0.0: [0.0, math.nan]}])
def test_losses_that_are_none_are_refused(losses: dict[float, list[float]]) -> None:
    with pytest.raises(SettingsError, match="finite loss"):
        choose_price(losses, alpha=0.1, confidence=0.9)


def test_the_chosen_price_rarely_breaks_its_promise() -> None:
    rng = np.random.Generator(np.random.PCG64(1))
    risks = {price: 0.02 + 0.2 * price for price in (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)}
    broken = 0
    for _ in range(200):
        draws = {
            price: (rng.random(150) < risk).astype(float).tolist() for price, risk in risks.items()
        }
        try:
            broken += risks[choose_price(draws, alpha=0.11, confidence=0.9)] > 0.11
        except GuaranteeError:
            continue
    assert broken <= 20


def test_the_shipped_calibration_keeps_its_promise_on_paper() -> None:
    shipped = shipped_calibration()
    assert all(one.upper <= one.alpha for one in shipped.calibrations)
    assert shipped.models == {"writer": "offline", "judge": "offline"}
    assert "test" not in shipped.splits


def test_a_budget_that_was_not_calibrated_takes_the_next_smaller() -> None:
    def of(budget: int) -> Calibration:
        return Calibration(
            budget=budget,
            price=1 / budget,
            alpha=0.1,
            confidence=0.9,
            situations=9,
            shortfall=0.0,
            upper=0.1,
            questions=1.0,
        )

    held = CalibrationFile(
        policy="",
        models={},
        splits=("train",),
        people=1,
        queries=1,
        seed=0,
        calibrations=(of(2), of(4)),
    )
    assert [held.for_budget(budget).budget for budget in (1, 2, 3, 9)] == [2, 2, 2, 4]


def test_the_shipped_price_was_calibrated_for_the_shipped_policy() -> None:
    with PolicyStore.open(shipped_store_path()) as store:
        assert store.fingerprint.startswith(shipped_calibration().policy)
