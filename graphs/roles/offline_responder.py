"""The offline writer: composes a reply from the message and from what is known of the person."""

from __future__ import annotations

import hashlib
import re
from collections.abc import AsyncIterator, Mapping

from ...penguin.facts import Fact, known_facts
from ...penguin.reading import canonical_value
from ..wording import Speech, matching
from .guidance import Library, Values, load_library
from .offline_triage import place
from .protocols import ReplyRequest

MOST_ADVICE = 8
"""Sentences of person-specific advice in one reply; more is a hand-out, not a reply."""

TENDER = ("mental_health_status", "past_self_harm_history")
"""Unless both are known to be no burden, a sentence protects whoever is behind the message."""

FOLLOW_UP_WORDS = 12
"""A follow-up shorter than this says too little alone to tell what it is about."""

SENTENCE = re.compile(r"[^.!?。！？؟।]*(?:[.!?。！？؟।]+\s*|$)", re.DOTALL)

NO_BURDEN = "None"
"""The paper's name for no diagnosis, and for no history."""


class OfflineResponder:
    """Writes from a library of guidance in English, and general advice in seven languages.

    No model, no chance.

    Example:
        >>> request = ReplyRequest(query="Should I quit on Friday?", domain="career", facts={})
        >>> len(OfflineResponder().compose(request).split()) > 40
        True
    """

    name = "offline"

    async def write(self, request: ReplyRequest) -> AsyncIterator[str]:
        """The reply, sentence by sentence."""
        for piece in SENTENCE.findall(self.compose(request)):
            yield piece

    def compose(self, request: ReplyRequest) -> str:
        """The whole reply: what was heard, what to do, what changes for this person, a close."""
        speech = Speech(request.language, request.formal)
        if request.level == "harmless" and re.search(
            speech.wording.reply.thanks, request.query, re.IGNORECASE
        ):
            return speech.say(speech.wording.reply.welcome)
        if speech.wording.reply.opening:
            return general_reply(request, speech, _values(request.facts))
        library = load_library()
        if request.level != "sensitive":
            return library.phrases.acute if request.level == "acute" else library.phrases.harmless
        values = _values(request.facts)
        domain = request.domain or place(request.query)
        topic = library.domains.get(domain, library.domains[""]).topic(_matter(request))
        feeling = library.phrases.feelings.get(values.get("emotional_state", ""))
        opening = f"{topic.opening} {feeling or library.phrases.neutral}"
        before = "\n".join(request.said)
        steps = [step.text for step in topic.steps if step.fits(values) and step.text not in before]
        advice = [
            text for text in _advice(library, values, domain, request.query) if text not in before
        ]
        if topic.opening in before:
            opening = library.phrases.more if steps or advice else library.phrases.nothing_new
        if any(values.get(name) != NO_BURDEN for name in TENDER):
            advice.append(speech.say(library.phrases.protective, line=request.help_line))
        if not values:
            advice.append(library.phrases.professional)
        closing = _one_of(library.phrases.closings, request.query)
        if request.parked:
            closing = f"{speech.say(speech.wording.reply.parked)} {closing}"
        parts = [opening, " ".join(steps), *_paragraphs(advice), closing]
        return "\n\n".join(part for part in parts if part)


def general_reply(request: ReplyRequest, speech: Speech, values: Values) -> str:
    """A short, protective reply in a language that the library does not know.

    It says that it is general, and uses what is known where the language has a line for it.
    """
    reply = speech.wording.reply
    if request.level != "sensitive":
        return speech.say(reply.harmless)
    tip = reply.domains.get(request.domain or place(_matter(request)), "")
    people = [one.text for one in reply.people if matching(one.when, values)]
    parked = [reply.parked] if request.parked else []
    before = "\n".join(request.said)
    start = [text for text in (reply.opening, reply.steps, tip) if speech.say(text) not in before]
    paragraphs = [
        start,
        [*people[:MOST_ADVICE], reply.protective],
        [reply.limited, *parked, reply.closing],
    ]
    apart = "" if request.language == "zh" else " "
    return "\n\n".join(
        apart.join(speech.say(text, line=request.help_line) for text in texts if text)
        for texts in paragraphs
        if any(texts)
    )


def _matter(request: ReplyRequest) -> str:
    """What the message is about; a short follow-up is about what was written before it."""
    if len(request.query.split()) >= FOLLOW_UP_WORDS:
        return request.query
    return "\n".join([*request.earlier, request.query])


def _values(facts: Mapping[str, Fact]) -> Values:
    """Known values in the paper's names; own words that fit none of them change nothing here."""
    named = {name: canonical_value(name, value) for name, value in known_facts(facts).items()}
    return {name: value for name, value in named.items() if value is not None}


def _advice(library: Library, values: Values, domain: str, query: str) -> list[str]:
    """What fits this person, the most urgent first."""
    fitting = [entry for entry in library.advice if entry.fits(values, domain)]
    return [_one_of(entry.texts, query) for entry in fitting[:MOST_ADVICE]]


def _paragraphs(sentences: list[str]) -> list[str]:
    """Three sentences a paragraph."""
    return [" ".join(sentences[start : start + 3]) for start in range(0, len(sentences), 3)]


def _one_of(texts: tuple[str, ...], query: str) -> str:
    """One wording, always the same for the same message."""
    return texts[hashlib.sha256(query.encode("utf-8", "replace")).digest()[0] % len(texts)]
