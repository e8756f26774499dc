"""Offline triage: danger, domain, and whether something personal is at stake, by rules."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from pydantic import BaseModel, ConfigDict

from ...penguin.data_files import data_files, load_yaml
from ...penguin.domains import load_domains
from ...penguin.reading import read_facts
from ..crisis.danger import detect_danger
from ..crisis.language import detect_language
from ..wording import load_wording
from .protocols import Triage


class Rules(BaseModel):
    """The cues, as data; a user's own join the shipped ones."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    personal: tuple[str, ...] = ()
    stakes: tuple[str, ...] = ()
    burden: tuple[str, ...] = ()
    plain: tuple[str, ...] = ()


class OfflineTriager:
    """Reads a message with word patterns."""

    name = "offline"

    async def triage(self, message: str) -> Triage:
        """Read one message."""
        domain = place(message)
        danger = detect_danger(message)
        facts = read_facts(message, source="message")
        if danger:
            return Triage(
                level="acute",
                domain=domain,
                danger=danger,
                facts=facts,
                reason=f"words of acute danger ({danger})",
            )
        if is_sensitive(message):
            reason = "a personal matter with something at stake"
            return Triage(level="sensitive", domain=domain, facts=facts, reason=reason)
        reason = "nothing personal at stake"
        return Triage(level="harmless", domain=domain, facts=facts, reason=reason)


def place(message: str) -> str:
    """The domain whose cues the message shows most of; "" where it shows none."""
    text = _plain(message)
    counts = {name: sum(bool(cue.search(text)) for cue in cues) for name, cues in _cues().items()}
    if not any(counts.values()) and (foreign := _foreign(detect_language(message))):
        counts = {name: len(cue.findall(text)) for name, cue in foreign.domains.items()}
    best = max(counts, key=lambda name: counts[name])
    return best if counts[best] else ""


def is_sensitive(message: str) -> bool:
    """Whether a message is about somebody's life, and is no plain request for a fact or a text."""
    text = _plain(message)
    personal, stakes, burden, plain = _patterns()
    if burden.search(text):
        return True
    if foreign := _foreign(detect_language(message)):
        about_oneself = foreign.personal.search(text) and foreign.stakes.search(text)
        return bool(about_oneself and not foreign.plain.search(text))
    about_a_life = personal.search(text) or stakes.search(text)
    return bool(about_a_life and not plain.search(text))


@dataclass(frozen=True, kw_only=True)
class Foreign:
    """The cues of another language than English, compiled."""

    personal: re.Pattern[str]
    stakes: re.Pattern[str]
    plain: re.Pattern[str]
    domains: dict[str, re.Pattern[str]]


@lru_cache(maxsize=16)
def _foreign(language: str) -> Foreign | None:
    """The cues of a language; None for English, whose cues stand with the domains."""
    cues = load_wording(language).cues
    if cues is None:
        return None
    return Foreign(
        personal=re.compile(cues.personal, re.IGNORECASE),
        stakes=re.compile(cues.stakes, re.IGNORECASE),
        plain=re.compile(cues.plain, re.IGNORECASE),
        domains={name: re.compile(cue, re.IGNORECASE) for name, cue in cues.domains.items()},
    )


def _plain(text: str) -> str:
    return " ".join(text.replace("’", "'").lower().split())


@lru_cache(maxsize=1)
def _cues() -> dict[str, list[re.Pattern[str]]]:
    return {
        domain.id: [re.compile(cue, re.IGNORECASE) for cue in domain.cues]
        for domain in load_domains().values()
    }


@lru_cache(maxsize=1)
def _patterns() -> tuple[re.Pattern[str], ...]:
    parts = [load_yaml(source, Rules) for source in data_files("graphs", "triage.yaml")]
    return tuple(
        re.compile("|".join(f"(?:{cue})" for part in parts for cue in getattr(part, name)))
        for name in ("personal", "stakes", "burden", "plain")
    )
