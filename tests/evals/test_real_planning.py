"""Guards planners' benchmark on the offline reward: its truth, its noise, its table, its cache."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from raise_penguin.evals.benchmarks.real_planning import (
    ARMS,
    ORACLE,
    PAIRS,
    Case,
    earlier_plans,
    markdown,
    shares,
    summarised,
)
from raise_penguin.evals.benchmarks.real_reward import (
    PoolReward,
    Scored,
    held_out,
    score,
    score_all,
)
from raise_penguin.evals.command import app
from raise_penguin.penguin.domains import load_situations
from raise_penguin.penguin.errors import SettingsError
from raise_penguin.policies.plan import Earlier
from raise_penguin.policies.store import PolicyStore, shipped_store_path

DEPTH, PEOPLE, BUDGETS = 2, 3, (10, 60)


@pytest.fixture(scope="module")
def scored() -> list[Scored]:
    return [score(name, DEPTH, PEOPLE, 0) for name in held_out(2)]


def case_of(scored: Scored) -> Case:
    known = {one: float(value) for one, value in zip(scored.sets.sets, scored.worth, strict=True)}
    return Case(scored, (Earlier(known),) * 3)


def test_situations_are_held_out_and_spread() -> None:
    every = load_situations()
    assert {every[name][1].split for name in held_out(35)} == {"test"}
    assert len({every[name][0].id for name in held_out(7)}) == 7
    assert len(set(held_out(56))) == 56
    with pytest.raises(SettingsError, match="56 situations"):
        held_out(57)


async def test_a_share_is_0_at_random_and_1_at_best(scored: list[Scored]) -> None:
    for one in scored:
        found = [one.share(sorted(known)) for known in one.sets.sets[one.sets.levels[-1]]]
        assert np.mean(found) == pytest.approx(0)
        assert max(found) == 1
        assert one.scores.shape == (PEOPLE, len(one.sets.sets))
        assert 1 <= one.scores.min() < one.scores.max() <= 5


async def test_trials_draw_people_of_the_pool_and_average_to_its_mean(scored: list[Scored]) -> None:
    one = scored[0]
    sets, exact = one.sets.sets[-3:], PoolReward(one, None, 0)
    assert [await exact(known, trial=4) for known in sets] == pytest.approx(one.worth[-3:])
    noisy = PoolReward(one, 1, 0)
    known = max(one.sets.sets, key=lambda some: np.ptp(one.scores[:, one.sets.row[some]]))
    scores = [await noisy(known, trial=trial) for trial in range(300)]
    of_set = one.scores[:, one.sets.row[known]]
    assert set(scores) == set(of_set.tolist())
    assert np.mean(scores) == pytest.approx(of_set.mean(), abs=0.15)
    assert await noisy(known, trial=7) == await PoolReward(one, 1, 0)(known, trial=7)
    assert scores != [await PoolReward(one, 1, 1)(known, trial=trial) for trial in range(300)]


async def test_the_noise_is_that_of_the_trials(scored: list[Scored]) -> None:
    one = scored[0]
    leaves, reward = one.sets.sets[one.sets.levels[-1]], PoolReward(one, 2, 0)
    drawn = np.array([[await reward(some, trial=trial) for some in leaves] for trial in range(400)])
    off = drawn - one.worth[one.sets.levels[-1]]
    whole, apart = one.noise(2)
    assert np.sqrt((off**2).mean()) == pytest.approx(whole, rel=0.1)
    off -= off.mean(axis=1, keepdims=True)
    assert np.sqrt((off**2).mean()) == pytest.approx(apart, rel=0.1)
    assert apart < whole


def test_single_attributes_explain_all_of_a_sum_and_little_of_chance(scored: list[Scored]) -> None:
    members = scored[0].sets.members
    summed = members @ np.linspace(0, 1, members.shape[1])
    assert Scored("sum", DEPTH, np.array([2 + summed])).additive == pytest.approx(1)
    by_chance = np.random.default_rng(0).normal(3, 0.3, (1, len(members)))
    assert Scored("chance", DEPTH, by_chance).additive < 0.6


def test_a_situation_where_all_sets_are_worth_the_same_is_refused(scored: list[Scored]) -> None:
    flat = Scored("flat", DEPTH, np.full_like(scored[0].scores, 3.0))
    with pytest.raises(SettingsError, match="worth the same"):
        flat.share(["age", "gender"])


@pytest.mark.parametrize("batch", [None, 2])
def test_the_table_has_all_arms_runs_from_0_to_1_and_is_the_same_again(
    scored: list[Scored], batch: int | None
) -> None:
    cases = [case_of(one) for one in scored]
    found = [shares(case, batch, 2, BUDGETS) for case in cases]
    again = shares(cases[0], batch, 1, BUDGETS)
    assert again == {cell: values[:1] for cell, values in found[0].items()}
    made = summarised(cases, found)
    differences = {f"{better}, less {worse}" for better, worse in PAIRS}
    labels = {arm.label for arm in ARMS} | {ORACLE} | differences
    assert {label for label, _ in made} == labels
    gained = made["surrogate", 60].mean - made["greedy", 60].mean
    assert made["surrogate, less greedy", 60].mean == pytest.approx(gained)
    assert made[ORACLE, 60].mean == 1
    assert abs(made["random", 10].mean) < 0.5
    assert ("exhaustive", 10) not in made, "56 sets are more than 10 evaluations"
    assert max(one.mean for one in made.values()) == 1
    assert made["surrogate", 60].mean > made["random", 10].mean
    if batch is None:
        assert made["exhaustive", 60].mean == made["surrogate", 60].mean == 1
    lines = markdown("title", made).splitlines()
    assert lines[0] == "### title"
    assert len(lines) == 4 + len(labels)
    assert {line.count("|") for line in lines[2:]} == {4}


def test_situations_draw_apart(scored: list[Scored]) -> None:
    one = scored[0]
    twin = Scored("twin", DEPTH, one.scores)
    ours, theirs = (shares(Case(each, ()), None, 8, (4,)) for each in (one, twin))
    assert ours["static", 4] == theirs["static", 4]
    assert ours["random", 4] != theirs["random", 4]


def test_earlier_plans_are_of_other_situations_and_the_nearest_first() -> None:
    with PolicyStore.open(shipped_store_path()) as store:
        planned = store.records()[0].situation
        own = sum(record.situation == planned for record in store.records())
        found = earlier_plans(store, planned)
        assert len(found) == len(store.records()) - own
    similar = [one.similarity for one in found]
    assert similar == sorted(similar, reverse=True)


@pytest.mark.slow
def test_scores_are_kept_and_made_anew_where_they_are_no_longer_true(tmp_path: Path) -> None:
    cache, names = tmp_path / "scores.npz", held_out(2)
    first = score_all(names, 1, 2, cache=cache, processes=2)
    with np.load(cache) as file:
        held = {key: file[key] for key in file.files}
    key = next(key for key, value in held.items() if (value == first[0].scores).all())
    held[key][1] += 0.5  # the second person's, which is not looked at
    np.savez(cache, **held)
    assert (score_all(names, 1, 2, cache=cache)[0].scores == held[key]).all(), "not scored again"
    held[key][0] += 0.5
    np.savez(cache, **held)
    assert (score_all(names, 1, 2, cache=cache)[0].scores == first[0].scores).all()
    cache.write_text("no scores")
    with pytest.raises(SettingsError, match="no file of scores"):
        score_all(names, 1, 2, cache=cache)


@pytest.mark.slow
def test_the_command_prints_both_tables(tmp_path: Path) -> None:
    small = ["--situations", "2", "--people", "2", "--batch", "1", "--depth", "1", "--seeds", "1"]
    done = CliRunner().invoke(app, ["bench", "real", *small, "--processes", "2"])
    assert done.exit_code == 0, done.output
    assert "writer: offline  judge: offline; 2 situations held out" in done.output
    assert done.output.count("| surrogate |") == 2
