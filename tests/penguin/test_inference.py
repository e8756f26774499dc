"""Guards inference: the exact posterior of the unasked, pgmpy as its oracle, and draws from it."""

from __future__ import annotations

import itertools
import warnings
from collections import Counter
from typing import Any

import numpy as np
import pytest

from raise_penguin.penguin.attributes import load_attributes
from raise_penguin.penguin.domains import load_domains
from raise_penguin.penguin.errors import DataError
from raise_penguin.penguin.inference import impute, posterior
from raise_penguin.penguin.network import ROOT, load_network, sample_profile


def ranges() -> dict[str, list[str]]:
    values = {name: [one.value for one in item.values] for name, item in load_attributes().items()}
    return {ROOT: list(load_domains()), **values}


@pytest.fixture(scope="module")
def oracle() -> Any:
    """The same tables in pgmpy."""
    with warnings.catch_warnings():
        # pgmpy 1.1 imports its own deprecated module
        warnings.filterwarnings("ignore", r"`pgmpy\.estimators\.StructureScore`", FutureWarning)
        from pgmpy.factors.discrete import TabularCPD
        from pgmpy.inference import VariableElimination
        from pgmpy.models import DiscreteBayesianNetwork

    values = ranges()
    model = DiscreteBayesianNetwork(
        [(parent, table.attribute) for table in load_network() for parent in table.parents]
    )
    size = len(values[ROOT])
    model.add_cpds(TabularCPD(ROOT, size, [[1 / size]] * size, state_names={ROOT: values[ROOT]}))
    for table in load_network():
        columns = [
            table.conditional(dict(zip(table.parents, setting, strict=True)))
            for setting in itertools.product(*(values[name] for name in table.parents))
        ]
        own = values[table.attribute]
        model.add_cpds(
            TabularCPD(
                table.attribute,
                len(own),
                [[column[value] for column in columns] for value in own],
                evidence=list(table.parents),
                evidence_card=[len(values[name]) for name in table.parents],
                state_names={name: values[name] for name in (table.attribute, *table.parents)},
            )
        )
    assert model.check_model()
    return VariableElimination(model)


def some_evidence(number: int) -> tuple[dict[str, str], str]:
    """Some of what somebody might have told, from nothing to nearly everything."""
    rng = np.random.default_rng(number)
    domain = str(rng.choice(list(load_domains())))
    person = sample_profile(rng, domain=domain, situation="", profile_id="p")
    names = rng.permutation(list(load_attributes()))[: number % 10]
    return {str(name): person.values[str(name)] for name in names}, domain if number % 3 else ""


@pytest.mark.parametrize("number", range(24))
def test_the_posterior_is_the_oracles(number: int, oracle: Any) -> None:
    known, domain = some_evidence(number)
    evidence = known | ({ROOT: domain} if domain else {})
    found = posterior(known, domain=domain)
    assert set(found) == set(load_attributes()) - set(known)
    for name, chances in found.items():
        exact = oracle.query([name], evidence=evidence, show_progress=False)
        for value, chance in chances.items():
            assert chance == pytest.approx(exact.get_value(**{name: value}), abs=1e-9), name


def test_each_distribution_sums_to_one() -> None:
    for number in range(10):
        known, domain = some_evidence(number)
        for chances in posterior(known, domain=domain).values():
            assert sum(chances.values()) == pytest.approx(1)
            assert min(chances.values()) >= 0


def test_free_text_is_no_evidence() -> None:
    told = posterior({"profession": "Social Media Influencer"}, domain="life")
    nothing = posterior({}, domain="life")
    assert "profession" not in told
    assert all(told[name] == pytest.approx(nothing[name]) for name in told)


def test_what_nobody_can_be_is_refused() -> None:
    impossible = {"age": "18-24", "profession": "Retired"}
    with pytest.raises(DataError, match="nobody in the network has age = 18-24, profession = Ret"):
        posterior(impossible)
    with pytest.raises(DataError, match="nobody"):
        impute(np.random.default_rng(0), impossible)


def test_imputed_people_keep_what_is_known() -> None:
    rng = np.random.default_rng(0)
    known = {"age": "55+", "profession": "Social Media Influencer"}
    for _ in range(20):
        whole = impute(rng, known, domain="health")
        assert list(whole) == list(load_attributes())
        assert known.items() <= whole.items()


@pytest.mark.parametrize("number", [4, 11])
def test_imputed_people_follow_the_posterior(number: int) -> None:
    """Pearson's chi-square of 3,000 draws stays below its 0.999 quantile."""
    from scipy.stats import chi2

    known, domain = some_evidence(number)
    rng, draws = np.random.default_rng(5), 3_000
    people = [impute(rng, known, domain=domain) for _ in range(draws)]
    for name, chances in posterior(known, domain=domain).items():
        counted = Counter(one[name] for one in people)
        likely = {value: chance for value, chance in chances.items() if chance * draws >= 5}
        square = sum(
            (counted[value] - chance * draws) ** 2 / (chance * draws)
            for value, chance in likely.items()
        )
        assert square < chi2.ppf(0.999, max(1, len(likely) - 1)), name
        assert all(counted[value] == 0 for value, chance in chances.items() if chance == 0)


def test_pairs_are_drawn_together() -> None:
    """Draws are joint: despair goes with severe depression also among the imputed."""
    rng = np.random.default_rng(6)
    people = [impute(rng, {"age": "25-34"}, domain="life") for _ in range(2_000)]
    despair = [one["mental_health_status"] for one in people if one["emotional_state"] == "Despair"]
    others = [one["mental_health_status"] for one in people if one["emotional_state"] != "Despair"]
    severe = "Severe Depression"
    assert despair.count(severe) / len(despair) > 2 * others.count(severe) / len(others)
