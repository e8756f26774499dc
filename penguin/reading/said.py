"""Said: the value that an answer says outright, where it may say several things."""

from __future__ import annotations

from collections.abc import Sequence

from ..attributes import Attribute
from ..facts import Facts
from ..languages import translated_value
from .ages import age_in_answer
from .answers import emoji_value, is_aside, is_yes_or_no, says, telling
from .clauses import Clause, Clauses
from .lexicon import Lexicon
from .own_words import YES_OR_NO
from .spelling import SENTENCE_END, fold
from .values import NONE, OF_NOW, Shown, is_over, named_condition, shown_in_answer

NO_WORK = "Unemployed"
WITHOUT_WORK = ("Retired", NO_WORK)
"""Beside these a calling in the same clause is a former one: "enfermera jubilada"."""
UNPAID = ("Student", "Homemaker", "Retired")
"""What counts beside having no work: "I don't work, I study"."""


def said_in_answer(
    item: Attribute, text: str, clauses: Clauses, lexicons: Sequence[Lexicon], others: Facts
) -> Shown | None:
    """The value that an answer says.

    It is in the first clause that shows one, or in the last where something is put right. In one
    sentence another value counts beside "None": "no depression, it's anxiety". A bare "no" counts
    where it stands for itself: not in "no, I'm 34", "no, but I take pills" or "no, why?".
    """
    if phrase := translated_value(item.id, text):
        return Shown(0, phrase, text)
    told = telling(clauses.own, lexicons)
    over = [one for one in told if item.id in OF_NOW and is_over(one, lexicons)]
    told = [one for one in told if one not in over]
    if feeling := emoji_value(item.id, text):
        return Shown(0, feeling, text)
    put_right = says("put_right", fold(text), lexicons)
    sentences = _by_sentence(text, told)
    for sentence in reversed(sentences) if put_right else sentences:
        words = text[sentence[0].start : sentence[-1].start + len(sentence[-1].text)]
        plain = not (
            over
            or any(fact["evidence"] in words for fact in others.values())
            or is_qualified_no(fold(words), lexicons)
            or says("asking_back", fold(text), lexicons)
        )
        if shown := _said_in(item, sentence, lexicons, put_right=put_right, plain=plain):
            return shown
    if item.value_named(NONE) and len(item.values) > YES_OR_NO:
        named = (named_condition(item, one, lexicons) for one in told)
        return next(filter(None, named), None)
    return None


def _by_sentence(text: str, clauses: Sequence[Clause]) -> list[list[Clause]]:
    """Clauses, those of a sentence together."""
    sentences: list[list[Clause]] = []
    end = 0
    for clause in clauses:
        if not sentences or SENTENCE_END.search(text[end : clause.start]):
            sentences.append([])
        sentences[-1].append(clause)
        end = clause.start
    return sentences


def _said_in(
    item: Attribute,
    sentence: Sequence[Clause],
    lexicons: Sequence[Lexicon],
    *,
    put_right: bool,
    plain: bool,
) -> Shown | None:
    """The value that a sentence says; a bare yes or no only if plain, where nothing else does."""
    telling_ones = [part for part in sentence if not is_aside(part.folded, lexicons)]
    bare = [part for part in sentence if is_yes_or_no(part.folded, lexicons)]
    none: Shown | None = None
    for clause in reversed(telling_ones) if put_right else telling_ones:
        if item.id == "age":
            age = age_in_answer(clause, lexicons)
            found = [age] if age else []
        else:
            found = shown_in_answer(item, clause, lexicons)
        value = next(
            (one for one in found if one.value in WITHOUT_WORK), found[0] if found else None
        )
        if value and (put_right or value.value not in (NONE, NO_WORK)):
            return value if none is None or none.value == NONE or value.value in UNPAID else none
        none = none or value
    if none is None and plain and item.id != "age":
        none = next((one for part in bare for one in shown_in_answer(item, part, lexicons)), None)
    return none


def is_qualified_no(folded: str, lexicons: Sequence[Lexicon]) -> bool:
    """Whether a text says no or yes and then "but", with something that the reader may not know."""
    text = folded.lstrip()
    for lexicon in lexicons:
        said = lexicon.group("yes_no").match(text)
        if said and lexicon.group("past").search(text[said.end() :].lstrip(" ,;:،")):
            return True
        if said and (but := lexicon.group("contrast").search(text, said.end())):
            rest = text[but.end() :]
            return not says("others", rest, lexicons) or says("speaker", rest, lexicons)
    return False
