"""Guards front ends that send the whole conversation: no repeat, no mixing, nothing lost."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from serving import ACUTE, SENSITIVE, endpoint, say, text

from raise_penguin.agent.serve.history import Exchange, exchanges, prefix_names
from raise_penguin.graphs import RaiseContext, build_raise_graph
from raise_penguin.graphs.roles import ReplyRequest, Selection, SelectRequest, offline_roles

ANYTHING = (
    *("I am 34", "no", "skip", "just about getting by", "why do you ask?", "hm, hard to say"),
    *("I'm a nurse, and married", "What is a good pasta recipe?", ACUTE, "I feel hopeless"),
)
ANSWERS = ("I am 34", "no", "just about getting by")


class Counted:
    """Rules that count what they are asked, and may ask for something else first."""

    name = "counted"

    def __init__(self, prefer: str = "") -> None:
        rules = offline_roles()
        self._select, self._respond = rules.select, rules.respond
        self.selections = 0
        self.replies = 0
        self.known: list[dict[str, str]] = []
        self._prefer = prefer
        self.roles = replace(rules, select=self, respond=self)

    async def select(self, request: SelectRequest) -> Selection:
        self.selections += 1
        chosen = await self._select.select(request)
        if self._prefer in request.candidates:
            question = f"May I ask about your {self._prefer.replace('_', ' ')}?"
            return replace(chosen, attribute=self._prefer, question=question)
        return chosen

    async def write(self, request: ReplyRequest) -> AsyncIterator[str]:
        self.replies += 1
        self.known.append({name: fact["value"] for name, fact in request.facts.items()})
        async for piece in self._respond.write(request):
            yield piece


async def converse(client: httpx.AsyncClient, *words: str) -> list[str]:
    """A front end that sends everything said so far, each time."""
    said: list[str] = []
    for one in words:
        said.append(one)
        said.append(text(await say(client, *said)))
    return said


async def test_a_dialogue_goes_on_without_a_thread_and_costs_no_turn_twice() -> None:
    counted = Counted()
    async with endpoint(build_raise_graph(roles=counted.roles)) as client:
        said = await converse(client, SENSITIVE, *ANSWERS)
    async with endpoint() as client:
        named = [await say(client, words, thread="t") for words in (SENSITIVE, *ANSWERS)]
    assert said[1::2] == [text(turn) for turn in named]
    assert counted.replies == 1
    assert counted.selections == len(ANSWERS) + 1


async def test_a_request_that_comes_again_costs_nothing() -> None:
    counted = Counted()
    async with endpoint(build_raise_graph(roles=counted.roles)) as client:
        said = await converse(client, SENSITIVE, ANSWERS[0])
        before = counted.selections
        again = await say(client, *said[:-1])
        assert text(again) == said[-1]
        assert again["raise"]["kind"] == "question"
        assert counted.selections == before


async def test_an_edited_message_branches_off() -> None:
    async with endpoint(context=RaiseContext(budget=1)) as client:
        first = text(await say(client, SENSITIVE))
        young = await say(client, SENSITIVE, first, "I am 21")
        old = await say(client, SENSITIVE, first, "I am 61")
        again = await say(client, SENSITIVE, first, "I am 21")
        assert text(young) == text(again) != text(old)


@pytest.mark.parametrize("lost", [1, 2, 3])
async def test_after_a_restart_the_conversation_is_replayed_by_the_rules(lost: int) -> None:
    async with endpoint() as client:
        said = await converse(client, SENSITIVE, *ANSWERS)
    counted = Counted()
    async with endpoint(build_raise_graph(roles=counted.roles)) as client:
        done = await say(client, *said[: 2 * lost + 1])
        assert text(done) == said[2 * lost + 1]


@pytest.mark.parametrize("seed", range(4))
async def test_any_dialogue_is_the_same_with_and_without_a_thread(seed: int) -> None:
    """The same decisions whatever is said, though the server forgets all before each message."""
    generator = random.Random(seed)
    words = [SENSITIVE, *(generator.choice(ANYTHING) for _ in range(5))]
    async with endpoint() as client:
        named = [text(await say(client, one, thread="t")) for one in words]
    said: list[str] = []
    for one in words:
        async with endpoint() as client:
            said.append(one)
            said.append(text(await say(client, *said)))
    assert said[1::2] == named


async def test_an_answer_counts_for_the_question_that_was_shown() -> None:
    """A model asked for something else than the rules would have; then the server lost it all."""
    counted = Counted()
    async with endpoint(
        build_raise_graph(roles=counted.roles), context=RaiseContext(budget=1)
    ) as client:
        shown = "May I ask, roughly how old are you?"
        done = await say(client, SENSITIVE, shown, "34")
        assert done["raise"]["kind"] == "reply"
    assert counted.known == [{"age": "25-34"}]


async def test_a_model_that_asks_otherwise_is_not_confused_by_another_conversation() -> None:
    counted = Counted(prefer="profession")
    async with endpoint(build_raise_graph(roles=counted.roles)) as client:
        mine = text(await say(client, SENSITIVE))
        assert "profession" in mine
        await say(client, SENSITIVE, "Roughly how old are you?", "51")
        await say(client, SENSITIVE, mine, "nurse", "x", "skip")
        last = await say(client, SENSITIVE, "Roughly how old are you?", "51")
        assert last["raise"]["question"]["attribute"] != "age"


async def test_a_lost_named_thread_is_made_from_the_history() -> None:
    async with endpoint() as client:
        said = await converse(client, SENSITIVE, *ANSWERS[:2])
        done = await say(client, *said, ANSWERS[2], thread="t")
        alone = await say(client, ANSWERS[2], thread="never-seen")
    assert done["raise"]["kind"] == "reply"
    assert text(alone) != text(done)


async def test_danger_in_a_branch_is_seen_and_the_other_branch_goes_on() -> None:
    async with endpoint() as client:
        first = text(await say(client, SENSITIVE))
        danger = await say(client, SENSITIVE, first, ACUTE)
        calm = await say(client, SENSITIVE, first, "I am 34")
    assert danger["raise"]["crisis"]
    assert not calm["raise"]["crisis"]


async def test_unreadable_earlier_messages_are_left_out() -> None:
    async with endpoint() as client:
        done = await say(client, "x" * 60_000, "Too long.", "", "Hm?", SENSITIVE)
        assert done["raise"]["kind"] == "question"


async def test_a_failed_turn_leaves_no_half_history(monkeypatch: pytest.MonkeyPatch) -> None:
    from raise_penguin.graphs import Dialogues

    whole = Dialogues.send
    calls = 0

    async def fails_once(*args: Any, **named: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == 2:
            raise OSError("disk full")
        return await whole(*args, **named)

    async with endpoint() as client:
        said = await converse(client, SENSITIVE, ANSWERS[0])
    monkeypatch.setattr(Dialogues, "send", fails_once)
    async with endpoint() as client:
        broken = await say(client, *said, ANSWERS[1])
        healed = await say(client, *said, ANSWERS[1])
    assert not broken["raise"]["kept"]
    assert healed["raise"]["kept"]
    assert healed["raise"]["question"]["id"] == "question-3"


@dataclass(frozen=True)
class Said:
    role: str
    text: str


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["user", "assistant", "system", "tool"]), st.text(max_size=5)
        ).map(lambda pair: Said(*pair)),
        max_size=12,
    )
)
@settings(max_examples=200)
def test_no_words_of_the_person_are_lost_or_invented(messages: list[Said]) -> None:
    found = exchanges(messages)
    told = "\n".join(one.text for one in messages if one.role == "user")
    assert "\n".join(one.words for one in found) == told
    assert all(one.shown for one in found[:-1])


@given(
    st.lists(st.text(max_size=4), min_size=1, max_size=5, unique=True),
    st.lists(st.text(max_size=4), min_size=1, max_size=5, unique=True),
)
@settings(max_examples=200)
def test_names_tell_conversations_and_callers_apart(one: list[str], other: list[str]) -> None:
    first = prefix_names("a", [Exchange(words, "ok") for words in one])
    second = prefix_names("a", [Exchange(words, "ok") for words in other])
    assert (first[-1] == second[-1]) == (one == other)
    assert not set(first) & set(prefix_names("b", [Exchange(words, "ok") for words in one]))


def test_names_go_by_what_was_shown_but_not_by_how_it_was_wrapped() -> None:
    def name(shown: str) -> str:
        return prefix_names("a", [Exchange("Hi", shown), Exchange("34")])[-1]

    assert name("How old are you?") == name("  How old\nare you? ")
    assert name("How old are you?") != name("What do you do?")


async def test_a_replay_asks_no_model_for_what_was_said_before(chat_server: Any) -> None:
    context = RaiseContext(model="openai:test", base_url=chat_server.base_url)
    async with endpoint(context=context) as client:
        done = await say(client, SENSITIVE, "Roughly how old are you?", "I am 34")
    assert not done["raise"]["degraded"]
    assert chat_server.counts() == {"select": 1, "total": 1}
