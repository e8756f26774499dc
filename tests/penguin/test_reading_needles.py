"""Guards the needles: a pattern whose needles are missing matches nowhere."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from raise_penguin.penguin.reading.needles import grams, may_match, needles_of

EXPRESSIONS = ["ab?c", "(?:a|bc)+d", "[ab]c{2}", "a{0,2}b|cd", r"(?<!a)b(?!c)", r"\w*abc", "a|"]


@pytest.mark.parametrize("expression", EXPRESSIONS)
@given(text=st.text("abcd", max_size=8))
def test_a_match_holds_a_needle(expression: str, text: str) -> None:
    if re.search(expression, text):
        assert may_match(needles_of([expression]), grams(text))


def test_a_text_without_needles_is_passed_over() -> None:
    assert not may_match(needles_of([r"(?:a|the) nurse\b"]), grams("i am a teacher"))
    assert needles_of([r"\w+", "nurse"]) is None


def test_unknown_syntax_is_refused() -> None:
    with pytest.raises(ValueError, match="cannot read"):
        needles_of(["(?i)nurse"])
