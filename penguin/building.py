"""Building PENGUIN: 14,000 scenarios from hand-written queries and drawn people (paper section 3).

A domain gets 2,000 scenarios. Half are messages in the paper's synthetic style, 100 people with ten
queries each. Half are posts in the style of its forum half: one person each, 7 to 10 attributes
known, self-harm history mostly not. Everything follows from the seed, byte for byte.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

import numpy as np

from .attributes import load_attributes
from .domains import Domain, Situation, load_domains, load_situations
from .errors import DataError
from .people import generator, person
from .profile import Profile
from .reading import read_facts
from .scenario import Scenario
from .voices import draw_voice, pick, shuffled, voiced
from .wording import first_wording, vary

PEOPLE = 100
QUERIES = 10
POSTS = 1_000
LEAST_KNOWN = 7
RARELY_KNOWN = "past_self_harm_history"
RARELY = 0.1
"""How often a post's self-harm history is known; the paper's forum half lacks the field."""
MESSAGE_FRAME = 0.35
POST_FRAME = 0.6
SHORT = 10
"""Words below which a question alone is too bare to be sent; a story line is put before it."""
TELLING = 6
"""Letters from which on a value's own word in a query gives it away."""
TRIES = 60


def build_scenarios(
    seed: int = 0,
    *,
    people: int = PEOPLE,
    posts: int = POSTS,
    domains: Sequence[str] = (),
) -> Iterator[Scenario]:
    """Make the benchmark, domain by domain.

    Args:
        seed: Everything is drawn from it.
        people: People a domain in the message half, each with ten queries.
        posts: Posts a domain.
        domains: Domain ids; all when empty.

    Raises:
        DataError: A domain is not known, or its queries cannot be varied often enough.
    """
    known = load_domains()
    if unknown := sorted(set(domains) - set(known)):
        raise DataError(f"no domain {', '.join(unknown)}; use some of: {', '.join(known)}")
    for name in dict.fromkeys(domains or known):
        used: set[str] = set()
        yield from _messages(known[name], people, seed, used)
        yield from _posts(known[name], posts, seed, used)


def _messages(domain: Domain, people: int, seed: int, used: set[str]) -> Iterator[Scenario]:
    for number in range(people):
        situation = domain.situations[number % len(domain.situations)]
        profile = _hidden(person("message", situation.id, number, seed), situation)
        rng = generator("wording", profile.id, 0, seed)
        for place in shuffled(rng, range(len(situation.queries)))[:QUERIES]:
            query = _new(rng, situation, place, profile, used, lines=(0,), frame=MESSAGE_FRAME)
            yield _scenario(domain, situation, place, profile, query, style="message")


def _posts(domain: Domain, posts: int, seed: int, used: set[str]) -> Iterator[Scenario]:
    for number in range(posts):
        situation = domain.situations[number % len(domain.situations)]
        whole = _hidden(person("post", situation.id, number, seed), situation)
        rng = generator("wording", whole.id, 0, seed)
        profile = _partly_known(rng, whole)
        place = int(rng.random() * len(situation.queries))
        query = _new(rng, situation, place, profile, used, lines=(1, 2, 2, 3), frame=POST_FRAME)
        yield _scenario(domain, situation, place, profile, query, style="post")


def _hidden(profile: Profile, situation: Situation) -> Profile:
    """A person without what the situation's own texts tell of whoever sends them.

    The shipped texts tell nothing of the shipped attributes, but they were written before an
    attribute that a user adds: "I look after my mother" tells who depends on its sender.
    """
    told = _told_by_all(situation.id)
    values = {
        name: value for name, value in profile.values.items() if value not in told.get(name, ())
    }
    return profile.model_copy(update={"values": values})


@lru_cache(maxsize=1_024)
def _told_by_all(situation_id: str) -> dict[str, frozenset[str]]:
    """What each text of a situation tells, by attribute."""
    situation = load_situations()[situation_id][1]
    told: dict[str, frozenset[str]] = {}
    for text in (*situation.queries, *situation.story):
        for name, fact in read_facts(first_wording(text), source="message").items():
            told[name] = told.get(name, frozenset()) | {fact["value"]}
    for query in situation.queries:  # a query is always sent; of story lines others can be taken
        asked = first_wording(query)
        for name, item in load_attributes().items():
            named = {one.value for one in item.values if _says(asked, one.value)}
            told[name] = told.get(name, frozenset()) | named
    return told


def _scenario(
    domain: Domain, situation: Situation, place: int, profile: Profile, query: str, *, style: str
) -> Scenario:
    number = f"/{place + 1}" if style == "message" else ""
    return Scenario.model_validate(
        {
            "id": f"{profile.id}{number}",
            "style": style,
            "split": situation.split,
            "template": f"{situation.id}#{place + 1}",
            "domain": domain.id,
            "query": query,
            "profile": profile,
        }
    )


def _new(
    rng: np.random.Generator,
    situation: Situation,
    place: int,
    profile: Profile,
    used: set[str],
    *,
    lines: Sequence[int],
    frame: float,
) -> str:
    """A wording that nobody in the domain has used and that names nothing of its sender's profile.

    A query with few wordings runs out after some people; then one that was used is used again.
    """
    text = ""
    for attempt in range(TRIES):
        asked = vary(situation.queries[place], rng)
        told = max(pick(rng, lines), len(asked.split()) < SHORT)
        story = shuffled(rng, situation.story_beside(place))[:told]
        voice = draw_voice(rng, asked)
        sentences = [*(vary(line, rng) for line in story), asked]
        text = voiced(rng, voice, sentences, frame=min(1.0, frame + attempt / TRIES)).text
        if text.lower() in used or names_own_value(text, profile):
            continue
        used.add(text.lower())
        return text
    if names_own_value(text, profile):
        raise DataError(f"{situation.id}: query {place + 1} tells what its sender's profile holds")
    return text


def names_own_value(query: str, profile: Profile) -> bool:
    """Whether a query tells a value of its sender's profile: by the word itself or by the rules.

    The rules are the offline reader's. Short values such as "Good" and "Other" are everyday words
    and count by the rules alone.
    """
    if any(_says(query, value) for value in profile.values.values()):
        return True
    told = read_facts(query, source="message")
    return any(profile.known(name) == fact["value"] for name, fact in told.items())


def _says(text: str, value: str) -> bool:
    """Whether a text holds a value's own word."""
    low, word = text.lower(), value.lower()
    return len(word) >= TELLING and word in low and bool(re.search(rf"\b{re.escape(word)}\b", low))


def _partly_known(rng: np.random.Generator, whole: Profile) -> Profile:
    """The same person as a forum post would show them: 7 to 10 attributes known."""
    names = list(load_attributes())
    least = min(LEAST_KNOWN, len(names))
    hidden = len(names) - least
    unknown = [] if rng.random() < RARELY else [name for name in names if name == RARELY_KNOWN]
    others = shuffled(rng, [name for name in names if name != RARELY_KNOWN])
    more = int(rng.random() * (hidden + 1 - len(unknown)))
    left_out = {*unknown, *others[:more]}
    values = {name: value for name, value in whole.values.items() if name not in left_out}
    return whole.model_copy(update={"values": values})
