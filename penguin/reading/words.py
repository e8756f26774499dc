"""Words: what a language's file of the reader holds, ``data/reading/<language>.yaml``."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class ValueWords(BaseModel):
    """How one value of an attribute is told in a language."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    noun: str = Field(
        default="",
        description="What a person is or feels: counts in the frame of 'I am ...', as a whole "
        "short clause, and anywhere in an answer to the attribute's question.",
    )
    signs: str = Field(default="", description="Counts in any clause about the writer.")
    answer: str = Field(default="", description="Counts in an answer to its question alone.")
    related: str = Field(
        default="", description="Names another person and tells of the writer: 'my husband'."
    )


class Numbers(BaseModel):
    """The number words of a language, 14 to 99."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    whole: dict[str, int] = {}
    tens: dict[str, int] = {}
    units: dict[str, int] = {}
    joined: str = Field(default="", description="How tens and units stand: '{tens} y {units}'.")


class Words(BaseModel):
    """One language's file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    script: str = Field(default="latin", pattern="^(latin|han|devanagari|arabic)$")
    known_by: str = Field(default="", description="Frequent small words, apart by spaces.")
    speaker: str = Field(default="", description="The writer as the one spoken of.")
    subject: str = Field(default="", description="The writer as a subject; as speaker if empty.")
    others: str = Field(default="", description="Somebody else as the one spoken of.")
    no_subject: str = Field(default="", description="Before somebody who is not spoken of: 'to'.")
    reporting: str = Field(default="", description="What stands before reported speech.")
    for_others: str = Field(default="", description="The whole matter is somebody else's.")
    fiction: str = Field(default="", description="What follows in the sentence is invented.")
    supposed: str = Field(default="", description="What follows is supposed or wished.")
    past: str = Field(default="", description="A clause of an answer tells what is over.")
    article: str = Field(default="", description="Before a calling, as in 'a nurse'.")
    met: str = Field(default="", description="Before somebody's calling who is met: 'see a'.")
    taken_back: str = Field(default="", description="Words that take back what they stand before.")
    not_before: str = Field(default="", description="'not' before a word, up to three words off.")
    not_after: str = Field(default="", description="'not' right after a word.")
    joints: str = Field(default="", description="Conjunctions at which a clause ends.")
    contrast: str = Field(default="", description="'but', at which a 'no' before is qualified.")
    only: str = Field(default="", description="'just', at which what a 'not' denies ends.")
    frame: str = Field(default="", description="'I am ...', with {noun} where the noun stands.")
    filler: str = Field(default="", description="Words beside a noun that change nothing.")
    refusing: str = ""
    no_more: str = Field(default="", description="Wants to be asked nothing more at all.")
    leaving: str = Field(default="", description="Has had enough and goes.")
    unsure: str = ""
    asking_back: str = Field(default="", description="Asks why, what for, or who sees it.")
    put_right: str = Field(default="", description="What follows puts right what was said.")
    vague: str = Field(default="", description="True, but nothing one can use.")
    yes_no: str = Field(default="", description="Yes and no, which answer some questions.")
    aside: str = Field(default="", description="A whole sentence beside the matter.")
    oneself: str = Field(default="", description="How a sentence about oneself begins.")
    feels: str = Field(default="", description="How a sentence about a feeling begins.")
    works: str = Field(default="", description="Speaks of one's work.")
    of_else: str = Field(default="", description="By these words a phrase is not about oneself.")
    no_phrase: str = Field(default="", description="How commands and other sentences begin.")
    numbers: Numbers = Numbers()
    age: str = Field(default="", description="Tells the writer's age, with {n} for the number.")
    age_alone: str = Field(default="", description="An age that stands alone, with {n}.")
    not_age: str = Field(default="", description="Follows a number that is no age.")
    age_range: str = Field(default="", description="What stands between two ages.")
    values: dict[str, dict[str, ValueWords]] = {}
