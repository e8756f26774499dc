"""The labelled messages from which danger is learnt, and by which it is measured how it is seen.

Files of one shape: ``tuning.yaml`` may be read while the rules are written, ``measured.yaml`` was
measured meanwhile; ``held_out.yaml``, hard on purpose, and ``ordinary.yaml`` only measure. The
repository holds thousands more beside them, in ``data/training``, from which the weights are
learnt. Each holds, for each of eight languages, messages of people in acute danger and look-alikes
that are not (figures of speech, fiction, news, a past that is over, ordinary stress). All were
written for this purpose; none is a real person's.
"""

from __future__ import annotations

import csv
from importlib.resources import files
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from ...penguin.data_files import first_problem, load_yaml
from ...penguin.errors import DataError

Part = Literal["tuning", "measured", "held_out", "ordinary"]


class LabelledMessage(BaseModel):
    """One message and what a careful reader would say of it.

    Attributes:
        id: Unique over all parts, for example ``en-001``.
        language: ISO 639-1 code of the language it is mainly written in.
        danger: The acute danger it tells of; "" means none.
        level: How near the danger is; "" where there is none.
        about: Whose danger (or whose story) it is: the writer's or another person's.
        kind: How the danger is told, or what the look-alike is made of.
        pair: Shared by a look-alike and its twin that is risk; "" for a message without one.
        text: The message.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(pattern=r"^[a-z]{2}-\d{3,4}$")
    language: Literal["en", "es", "fr", "de", "pt", "zh", "hi", "ar"]
    danger: Literal[
        "suicide", "self_harm", "overdose", "violence", "child_abuse", "harm_to_others", ""
    ]
    level: Literal["immediate", "high", "low", ""]
    about: Literal["self", "other"]
    kind: Literal[
        "direct",
        "indirect",
        "figurative",
        "idiom",
        "fiction",
        "news",
        "past",
        "third_person",
        "stress",
        "everyday",
    ]
    pair: str
    text: str = Field(min_length=1)

    @model_validator(mode="after")
    def _labels_agree(self) -> LabelledMessage:
        """Danger, level and kind must tell the same story."""
        if bool(self.danger) != bool(self.level):
            raise ValueError(f"{self.id}: give a level exactly where there is a danger")
        if bool(self.danger) != (self.kind in ("direct", "indirect")):
            raise ValueError(f"{self.id}: direct and indirect are the kinds of acute messages")
        return self


def load_messages(part: Part) -> tuple[LabelledMessage, ...]:
    """The messages of one part, in the order of its file.

    Args:
        part: "tuning" to write rules by, "measured" was measured while they were written,
            "held_out" (hard) and "ordinary" to measure them by and for nothing else.

    Raises:
        DataError: The file is missing or does not fit the schema.
    """
    source = files("raise_penguin.graphs.crisis") / "data" / "messages" / f"{part}.yaml"
    return tuple(load_yaml(source, list[LabelledMessage]))


def load_training(folder: Path) -> tuple[LabelledMessage, ...]:
    """The messages of a folder with one file of tab-separated lines for each language.

    Args:
        folder: Holds ``en.tsv`` and so on, with the columns danger, level, about, kind and text;
            "-" stands for none. The repository's is ``graphs/crisis/data/training``.

    Raises:
        DataError: There is no such file, or a line does not fit the schema.
    """
    found: list[LabelledMessage] = []
    for path in sorted(folder.glob("*.tsv")):
        with path.open(encoding="utf-8", newline="") as lines:
            rows = csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
            for number, row in enumerate(rows, 1):
                plain = {name: "" if value == "-" else value for name, value in row.items()}
                name = f"{path.stem}-{number:04}"
                try:
                    found.append(
                        LabelledMessage.model_validate(
                            {**plain, "id": name, "language": path.stem, "pair": ""}
                        )
                    )
                except ValidationError as error:
                    problem = first_problem(error)
                    raise DataError(f"{path}, line {number + 1}: {problem}") from error
    if not found:
        raise DataError(f"{folder} holds no .tsv file of messages; clone the repository for them")
    return tuple(found)
