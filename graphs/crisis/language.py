"""Which language a message is in, by script and common words: enough to choose a help text."""

from __future__ import annotations

import re

SCRIPTS = (("zh", "一-鿿"), ("hi", "ऀ-ॿ"), ("ar", "؀-ۿ"))
COMMON = {
    "es": r"\b(el|la|los|las|que|qué|no|de|del|al|es|en|se|te|si|sí|quiero|debo|puedo|tengo|estoy|"
    r"mis?|por|para|con|una?|soy|pero|ya|más|me|muy|cómo|hola|gracias|ayuda|esto|eso|hay|todo|nada|"
    r"porque|necesito|siento|él|ella|yo|tú)\b|[ñ¿¡]",
    "fr": r"\b(je|ne|pas|le|la|les|des|du|de|que|qui|quoi|mon|ma|mes|suis|plus|veux|dois|peux|est|"
    r"une?|et|mais|en|dans|pour|avec|il|elle|tu|te|toi|vous|nous|moi|bonjour|salut|merci|"
    r"comment|pourquoi|c'est|j'ai|m'aider|ça|très|être|ai|au|sur)\b|[çèêœù]",
    "de": r"\b(ich|nicht|und|das|meine?[nmrs]?|ist|mehr|bin|will|wie|kann|kannst|es|der|die|dem|"
    r"den|habe?|hab|soll|sollte|du|dir|dich|mir|mich|sie|wir|eine?[nmrs]?|mit|für|auf|aber|wenn|"
    r"auch|noch|nur|keine?|hallo|bitte|danke|warum|helfen|sich|zu|von)\b|[äöüß]",
    "pt": r"\b(eu|não|nao|que|meus?|minhas?|estou|quero|devo|posso|tenho|mais|uma?|por|para|pra|"
    r"com|você|voce|mas|já|sou|de|em|da|na|oi|olá|obrigad[oa]|ajuda|isso|tudo|nada|é|está|também|muito|"
    r"me|se|porque|preciso|sinto|ele|ela)\b|[ãõ]",
    "en": r"\b(i|the|my|to|and|is|it|not|want|am|do|how|of|with|you|that|was|i'm|should|what|have|"
    r"but|for|can|are|in|on|be|this|he|she|they|we|if|at|no|me|just|will|don't|help|hi)\b",
}

ALONE = {
    "es": r"\b(hola|gracias|buenos|buenas|quiero|ayúdame)\b",
    "fr": r"\b(bonjour|bonsoir|salut|merci|oui|aidez|aide-moi)\b",
    "de": r"\b(hallo|guten|danke|nein|keine|hilfe)\b",
    "pt": r"\b(oi|olá|obrigad[oa]|não|sim|quero|socorro)\b",
}
"""One of these words is enough, where no English stands beside it."""


def detect_language(text: str) -> str:
    """ISO 639-1 code, one of en, es, fr, de, pt, zh, hi, ar; "en" where nothing tells."""
    for code, letters in SCRIPTS:
        if len(re.findall(f"[{letters}]", text)) >= 2:  # noqa: PLR2004 - one sign may be an emoji
            return code
    counts = {code: len(re.findall(words, text, re.IGNORECASE)) for code, words in COMMON.items()}
    for code, words in ALONE.items():
        counts[code] += 2 * len(re.findall(words, text, re.IGNORECASE))
    best = max(counts, key=lambda code: (counts[code], code == "en"))
    # short words are shared ("me", "no"): another language has to be clear
    return best if counts[best] > max(1, counts["en"]) else "en"
