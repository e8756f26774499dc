"""Guards the benchmark of branching: it tells the two synthetic rewards apart, and runs offline."""

from __future__ import annotations

import re

from raise_penguin.evals.benchmarks.branching import run


async def test_branches_pay_where_answers_matter_and_cost_nothing_where_they_do_not() -> None:
    lines = await run(rewards=3, situations=1, people=6, held_out=20, seed=1)
    gains = [float(re.findall(r"gain over all ([+-]\d\.\d+)", line)[0]) for line in lines[:3]]
    assert [line.split(":")[0] for line in lines[:3]] == [
        "synthetic, dependent",
        "synthetic, independent",
        "offline",
    ]
    assert "3 of 3 branch" in lines[0]
    assert gains[0] > 0.02
    assert abs(gains[1]) < 0.02
