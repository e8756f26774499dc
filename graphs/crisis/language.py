"""Which language a message is in, by script and common words: enough to choose a help text."""

from __future__ import annotations

import re

SCRIPTS = (("zh", "一-鿿"), ("hi", "ऀ-ॿ"), ("ar", "؀-ۿ"))
COMMON = {
    "es": r"\b(el|la|que|no|de|quiero|estoy|mi|por|con|una?|soy|pero|ya|más|me)\b",
    "fr": r"\b(je|ne|pas|le|la|les|que|mon|ma|suis|plus|veux|est|une?|et|c'est|j'ai)\b",
    "de": r"\b(ich|nicht|und|das|mein|meine|ist|mehr|bin|will|wie|kann|es|der|die|habe)\b",
    "pt": r"\b(eu|não|que|meu|minha|estou|quero|mais|uma?|por|com|você|mas|já|sou)\b",
    "en": r"\b(i|the|my|to|and|is|it|not|want|am|do|how|of|with|you|that|was|i'm)\b",
}


def detect_language(text: str) -> str:
    """ISO 639-1 code, one of en, es, fr, de, pt, zh, hi, ar; "en" where nothing tells."""
    for code, letters in SCRIPTS:
        if len(re.findall(f"[{letters}]", text)) >= 2:  # noqa: PLR2004 - one sign may be an emoji
            return code
    counts = {code: len(re.findall(words, text, re.IGNORECASE)) for code, words in COMMON.items()}
    best = max(counts, key=lambda code: (counts[code], code == "en"))
    # short words are shared ("me", "no"): another language has to be clear
    return best if counts[best] > max(1, counts["en"]) else "en"
