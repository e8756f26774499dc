"""Guards retrieval: the ladder, gains given what is known, branches, agreement."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from raise_penguin.penguin.attributes import load_attributes
from raise_penguin.policies.gain import GainModel, Scored, left_to_learn
from raise_penguin.policies.plan import Branch
from raise_penguin.policies.prior import STATIC_ORDER
from raise_penguin.policies.retrieval import Neighbour, Retrieval

ALL = list(load_attributes())


def plan(similarity: float, *path: str, tree: Branch | None = None, **more: object) -> Neighbour:
    values = (2.0, *(2.5 + 0.1 * n for n in range(len(path))))
    given = {"domain": "", "values": values, **more}
    return Neighbour(query="q", situation="", path=path, similarity=similarity, tree=tree, **given)  # pyright: ignore[reportArgumentType]


def first(retrieval: Retrieval, candidates: list[str]) -> str | None:
    best = retrieval.best({}, candidates)
    return best.attribute if best else None


def test_the_ladder_and_what_it_says_of_itself() -> None:
    near, far, domain = plan(0.6, "gender"), plan(0.1, "gender"), plan(1.0, "age")
    assert first(Retrieval([near]), ALL) == "gender"
    assert first(Retrieval([far], [domain], domain="career"), ALL) == "age"
    gentle = [name for name in STATIC_ORDER if not load_attributes()[name].sensitive]
    assert first(Retrieval([far]), ALL) == gentle[0]
    sensitive = sorted(set(ALL) - set(gentle))
    assert first(Retrieval([far]), sensitive) == "health_status", "the least costly of them"
    assert first(Retrieval([near]), []) is None
    rungs = [Retrieval([near]), Retrieval([far], [domain], domain="career"), Retrieval([far])]
    assert [one.rung for one in rungs] == ["neighbours", "domain", "static"]
    assert [one.knows_gains for one in rungs] == [True, True, False]
    for one, words in zip(
        rungs,
        ("1 similar message, at 0.60", "plans of the domain career", "static order"),
        strict=True,
    ):
        assert words in one.reason
    assert sum(rungs[2].weights.values()) == pytest.approx(1)


def test_a_plan_without_values_gives_an_order_and_no_points() -> None:
    imported = plan(0.7, "profession", "age", values=())
    found = Retrieval([imported])
    assert first(found, ALL) == "profession"
    assert not found.knows_gains
    assert imported.planned_gain == 0
    left = [name for name in ALL if name not in imported.path]
    assert first(found, left) == "education_level", "beyond the plan the sensitive come last"


def test_what_is_known_is_skipped_and_changes_what_the_rest_adds() -> None:
    scores = {frozenset[str](): 2.0}
    scores |= {frozenset({name}): 3.0 for name in ("age", "gender", "profession")}
    scores[frozenset({"age", "gender"})] = 3.0  # gender repeats what age told
    scores[frozenset({"age", "profession"})] = 4.0
    model = GainModel([Scored(scores, 1.0)])
    assert model.gain("gender", {"age"}) < model.gain("gender", ()) - 0.3
    assert model.gain("profession", {"age"}) == pytest.approx(model.gain("profession", ()), abs=0.2)
    assert model.gain("never_scored", ()) == 0
    found = Retrieval([plan(0.8, "age", scores=scores)])
    best = found.best({"age": "25-34"}, ["gender", "profession"])
    assert best is not None
    assert best.attribute == "profession"


def test_a_cost_may_outweigh_a_gain() -> None:
    found = Retrieval([plan(0.8, "past_self_harm_history", "age")])
    cheap = found.best({}, ALL)
    dear = found.best({}, ALL, price=1.0)
    assert cheap is not None
    assert dear is not None
    assert (cheap.attribute, dear.attribute) == ("past_self_harm_history", "age")
    assert dear.net(1.0) == pytest.approx(dear.gain - dear.cost)


def test_a_branch_is_followed_by_the_values_told() -> None:
    leaf = Branch("profession", 2.0, {}, None)
    tree = Branch("age", 1.0, {"18-24": leaf}, Branch("health_status", 2.0, {}, None))
    found = Retrieval([plan(0.9, "age", "gender", tree=tree)])
    left = [name for name in ALL if name != "age"]
    young, old = found.best({"age": "18-24"}, left), found.best({"age": "55+"}, left)
    declined = found.best({}, left)
    assert young is not None
    assert old is not None
    assert declined is not None
    assert (young.attribute, old.attribute) == ("profession", "health_status")
    assert declined.attribute == "health_status"


def test_agreement_of_neighbours() -> None:
    same = [plan(0.9, "age", "gender"), plan(0.8, "age", "gender")]
    other = [plan(0.9, "age", "gender"), plan(0.8, "profession", "health_status")]
    assert Retrieval(same).agreement == 1
    assert Retrieval(other).agreement == 0
    assert Retrieval([*same, plan(0.7, "gender", "age")]).agreement == pytest.approx(2 / 3)


def test_what_the_known_all_but_settles_has_little_left_to_learn() -> None:
    nothing = left_to_learn({}, "health")
    healthy = left_to_learn({"mental_health_status": "None"}, "health")
    assert set(nothing.values()) == {1.0}
    assert healthy["past_self_harm_history"] < 0.6
    assert left_to_learn({"age": "in my own words"}, "health")["gender"] == pytest.approx(1)


@settings(max_examples=40, deadline=None)
@given(
    st.dictionaries(st.sampled_from(ALL[:4]), st.floats(0.05, 1.0), min_size=2), st.floats(1.0, 3.0)
)
def test_gains_of_an_additive_reward_are_found(gains: dict[str, float], base: float) -> None:
    scores = {
        frozenset(some): base + sum(gains[name] for name in some)
        for size in range(len(gains) + 1)
        for some in combinations(gains, size)
    }
    model = GainModel([Scored(scores, 1.0), Scored(scores, 0.0)])
    for name, gain in gains.items():
        others = set(gains) - {name}
        assert model.gain(name, others) == pytest.approx(gain, abs=0.15)
