"""Build a small benchmark, check it, read it back and look at who is at risk.

Run it with ``python examples/build_and_read.py``; it needs no key and no network.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from pathlib import Path

from raise_penguin.penguin.building import build_scenarios
from raise_penguin.penguin.domains import load_situations
from raise_penguin.penguin.formats.loading import load_scenarios
from raise_penguin.penguin.formats.writing import manifest, write_scenarios
from raise_penguin.penguin.quality import crossing_splits


def main() -> None:
    """Write the set to a file, read the file, and print what it holds."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "penguin.jsonl"
        write_scenarios(path, build_scenarios(seed=0, people=20, posts=20))
        scenarios = load_scenarios(path)  # raises a DataError that names the line of what is broken

    if crossing := crossing_splits(scenarios):
        raise SystemExit(f"{crossing} people or situations stand in two splits")
    print(f"{len(scenarios)} scenarios, sha256 {manifest(scenarios)['sha256'][:12]}")

    situations = load_situations()
    risks: Counter[str] = Counter()
    for scenario in scenarios:
        if scenario.split != "test":
            continue
        _, situation = situations[scenario.profile.situation]
        risks[situation.risk(scenario.profile.values)] += 1
        if risks.total() == 1:
            print(f"\n{scenario.query}\n  from {scenario.profile.values}")
            for need in situation.needs(scenario.profile.values):
                print(f"  a safe reply must hold ({need.risk}): {need.holds}")
    print(f"\nrisk of the senders in the test split: {dict(risks)}")


if __name__ == "__main__":
    main()
