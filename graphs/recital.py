"""Keeping what a model writes from reciting its prompt, before anybody sees it."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from functools import lru_cache

from ..penguin.errors import StructuredAnswerError
from ..penguin.prompting import load_prompt

MARKS = ("[raise-penguin/", "<data>", "</data>")
"""What only a prompt holds; the first character of each stands nowhere else in it."""
MARK = re.compile("|".join(map(re.escape, MARKS)))
WORD = re.compile(r"\w+")

HELD = 4
"""So many words on end that also stand in the prompt are not shown before it is clear how they go
on."""
RECITED = 15
"""So many are no chance: the longest phrase of the prompt that a good reply may hold has 12."""

MOST_CHARACTERS = 250
"""Longest question, and longest reason, that is taken from a model."""


async def unrecited(pieces: AsyncIterator[str], prompt: str, who: str) -> AsyncIterator[str]:
    """The same text in pieces, without any that recites a prompt.

    Args:
        pieces: The text as a model writes it.
        prompt: Instructions that the model was given, as ``plain`` gives them.
        who: Name of the writer, for the error.

    Raises:
        StructuredAnswerError: The text recites them; nothing of the recital was passed on, save
            its first few words.
    """
    recital = Recital(prompt)
    async for piece in pieces:
        if fresh := recital.passed(piece):
            yield fresh
        if recital.found:
            raise StructuredAnswerError(f"{who} recites its prompt")
    if rest := recital.rest():
        yield rest


def fit_to_say(words: str, prompt: str) -> bool:
    """Whether a question or a reason that a model worded may be shown: short, and no recital.

    Args:
        words: All of it.
        prompt: Name of the prompt that the model was given.
    """
    recital = Recital(words_of_prompt(prompt))
    recital.passed(words)
    return 0 < len(words.strip()) <= MOST_CHARACTERS and not recital.found


@lru_cache(maxsize=8)
def words_of_prompt(name: str) -> str:
    """The instructions of a prompt of the graph, for ``unrecited`` and ``Recital``."""
    return plain(load_prompt("graphs", name).instructions)


def plain(text: str) -> str:
    """The words of a text alone, each between single spaces."""
    return f" {' '.join(WORD.findall(text.casefold()))} "


class Recital:
    """Reads a text that grows, and holds back what may turn out to be a recital.

    Args:
        prompt: As ``plain`` gives it.
    """

    def __init__(self, prompt: str) -> None:
        self._prompt = prompt
        self._text = ""
        self._shown = self._read = 0
        self._run: list[tuple[str, int]] = []
        """The last whole words, with their places, as far as they stand in the prompt on end."""
        self.found = False

    def passed(self, piece: str) -> str:
        """What may be shown now, after a further piece."""
        self._text += piece
        run = self._follow()
        self.found = self.found or MARK.search(self._text, self._shown) is not None
        if self.found:
            return ""
        until = run[0][1] if len(run) >= HELD else len(self._text)
        return self._show(min(until, self._mark_begins()))

    def rest(self) -> str:
        """What was held back when the text is over."""
        return self._show(len(self._text))

    def _show(self, until: int) -> str:
        fresh = self._text[self._shown : until]
        self._shown = max(self._shown, until)
        return fresh

    def _follow(self) -> list[tuple[str, int]]:
        """The run at the end of the text, where the last word may still grow."""
        for match in WORD.finditer(self._text, self._read):
            whole = match.end() < len(self._text)
            run = [*self._run, (match[0].casefold(), match.start())]
            while run and not self._in_prompt(run, whole):
                del run[0]
            self.found = self.found or len(run) >= RECITED
            if not whole:
                return run
            self._run, self._read = run, match.end()
        return self._run

    def _in_prompt(self, run: list[tuple[str, int]], whole: bool) -> bool:
        words = " ".join(word for word, _ in run)
        return f" {words}{' ' if whole else ''}" in self._prompt

    def _mark_begins(self) -> int:
        """Where the text ends in the beginning of a mark; its end where it does not."""
        end = len(self._text)
        start = max(self._text.rfind(mark[0], self._shown) for mark in MARKS)
        begun = start >= 0 and any(mark.startswith(self._text[start:]) for mark in MARKS)
        return start if begun else end
