"""The confusion picture: labels against a judge's scores, within what the writer knew."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..errors import SettingsError
from .calibration import Calibration, confusion


def draw_confusion(result: Calibration, path: Path) -> None:
    """Write the picture: one panel for each half and condition, all dimensions together.

    Raises:
        SettingsError: matplotlib is not installed, or the file cannot be written.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise SettingsError("--plot needs pip install 'raise-penguin[report]'") from error
    halves = list(dict.fromkeys(one.half for one in result.rated))
    conditions = sorted({one.condition for one in result.rated})
    figure: Any = Figure(figsize=(3.1 * len(conditions), 3.0 * len(halves)), layout="constrained")
    panels: Any = figure.subplots(len(halves), len(conditions), squeeze=False)
    for row, half in enumerate(halves):
        for column, condition in enumerate(conditions):
            counts = confusion(result.select(half=half, condition=condition))
            panel = panels[row][column]
            panel.imshow(counts, cmap="Blues", origin="lower")
            for label in range(5):
                for score in range(5):
                    if counts[label, score]:
                        dark = counts[label, score] > counts.max() / 2
                        panel.text(
                            score,
                            label,
                            str(counts[label, score]),
                            ha="center",
                            va="center",
                            color="white" if dark else "black",
                        )
            panel.set_xticks(range(5), [str(level) for level in range(1, 6)])
            panel.set_yticks(range(5), [str(level) for level in range(1, 6)])
            panel.set_title(f"{half}, written {condition}", fontsize=9)
            panel.set_xlabel("judge", fontsize=8)
            panel.set_ylabel("label", fontsize=8)
    figure.suptitle(f"judge: {result.judge}", fontsize=10)
    try:
        figure.savefig(path, dpi=110)
    except (OSError, ValueError) as error:
        raise SettingsError(f"--plot {path} cannot be written: {error}") from error
