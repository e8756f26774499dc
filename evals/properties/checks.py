"""The promises, each as a check of a dialogue that was held."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from ...graphs.state import SCHEMA_VERSION, RaiseState, message_text
from ...graphs.words import MAX_CHARACTERS, without_controls
from ...penguin.attributes import load_attributes
from ...penguin.reading import read_facts
from .faults import BrokenError, Gone
from .holding import NEWER
from .trace import Exchange, Trace

Occasions = Iterator[str]
"""One item each time that a promise was tested: "" where it was kept, else what was not."""
Check = Callable[[Trace], Occasions]

QUESTION_MARKS = "?？؟"
HELP = re.compile(r"\d{3}|https?://|\d[ -]\d\d")
"""A number to dial or a page to open."""
MARK = re.compile(r"zq\d+x")


def _kept(*broken: object) -> str:
    """All that is broken, in one line."""
    return "; ".join(part for part in broken if isinstance(part, str) and part)


def ends_in_a_reply(trace: Trace) -> Occasions:
    """Everything said gets words back; what cannot be read is refused with a sentence."""
    for one in trace.exchanges:
        unreadable = any(
            len(text) > MAX_CHARACTERS or (not one.waiting and not without_controls(text))
            for text in one.said
        )
        if one.refused:
            yield "" if unreadable and " " in one.refused else f"refused: {one.refused}"
        elif not one.turns:
            yield f"no turn after {[repr(failure) for failure in one.failures]}"
        else:
            yield "" if all(turn.text.strip() for turn in one.turns) else "an empty turn"
    last = trace.exchanges[-1].after
    yield "a question is left" if last.get("pending") and not trace.left else ""


def keeps_to_the_budget(trace: Trace) -> Occasions:
    """No message costs more questions than the budget."""
    budget, since = trace.plan.context.budget, 0
    for one in trace.exchanges:
        if one.waiting is None:
            since = 0
        since += len(asked_in(one.after)) - len(asked_in(one.before))
        if one.after.get("asked_before", 0) != one.before.get("asked_before", 0):
            since = min(since, len(asked_in(one.after)) - one.after.get("asked_before", 0))
        used = len(asked_in(one.after)) - one.after.get("asked_before", 0)
        pending = one.after.get("pending")
        remaining = pending["remaining"] if pending else 0
        yield _kept(
            len(one.said) == 1 and since > budget and f"{since} questions for one message",
            used > budget and f"{used} used of {budget}",
            not 0 <= remaining < max(budget, 1) and f"{remaining} remain",
        )


def asks_nothing_closed(trace: Trace) -> Occasions:
    """Never what is known, declined, unclear, asked before, unknown to us, or not to be asked."""
    for one in trace.exchanges:
        pending = one.after.get("pending")
        if not pending or pending == one.waiting:
            continue
        name, earlier = pending["attribute"], asked_in(one.after)[:-1]
        fact = one.after["facts"].get(name)
        yield _kept(
            name in earlier and pending["id"] != (one.waiting or {}).get("id") and f"{name} again",
            fact is not None and f"{name}, which is {fact['status']}",
            name in trace.plan.context.unasked() and f"{name}, which is not to be asked",
            name not in load_attributes() and f"{name}, which does not exist",
            name not in asked_in(one.after) and f"{name} is not noted as asked",
        )


def asks_one_thing(trace: Trace) -> Occasions:
    """One question at a time, in one message, with a reason."""
    for one in trace.exchanges:
        pending = one.after.get("pending")
        if not pending:
            continue
        marks = sum(pending["question"].count(mark) for mark in QUESTION_MARKS)
        yield _kept(
            marks > 1 and f"{marks} questions in one: {pending['question']!r}",
            not pending["question"].strip() and "a question without words",
            not pending["reason"].strip() and "no reason",
            not pending["skip"].strip() and "no way to skip",
            len(one.turns) == 1
            and one.turns[0].question != pending
            and "the turn shows another question",
        )


def answers_reach_the_state(trace: Trace) -> Occasions:
    """Every word that was taken is there, once; a value that rules can read is a fact."""
    for one in trace.exchanges:
        had, has = _said(one.before), _said(one.after)
        new = [] if has[: len(had)] != had else has[len(had) :]
        lost = has[: len(had)] != had and "earlier words changed"
        yield _kept(lost, _wrongly_added(one, new), _unread(one))


def _wrongly_added(one: Exchange, new: Sequence[str]) -> str:
    """What is wrong with the words added in an exchange."""
    taken = [
        without_controls(text)
        for text, turn in zip(one.said, one.turns, strict=False)
        if turn.kind != "repeated" or one.failures
    ]
    if one.failures and one.turns and one.turns[0].kind == "repeated" and not new:
        taken = []  # nothing to take: the message itself again, or a question that did not wait
        again = without_controls(one.said[0]) == one.before.get("query")
        if one.waiting and one.question_id == one.waiting["id"] and not again:
            return "an answer was lost when an attempt failed"
    return "" if sorted(new) == sorted(taken) else f"said {taken!r:.200}, stored {new!r:.200}"


def _unread(one: Exchange) -> str:
    """A value that the rules read in an answer and that is not in the facts."""
    if one.move not in ("answer", "twice") or not one.waiting or not one.turns:
        return ""
    if one.after["outcome"] == "crisis":
        return ""
    asked = one.waiting["attribute"]
    read = read_facts(without_controls(one.said[0]), asked=asked, source="answer").get(asked)
    if read is None or read["status"] != "known":
        return ""
    fact = one.after["facts"].get(asked)
    return "" if fact and fact["value"] == read["value"] else f"{asked}: {read}, stored {fact}"


def state_is_json(trace: Trace) -> Occasions:
    """Plain JSON beside the messages, and what a turn shows is what is stored."""
    for one in trace.exchanges:
        plain = _plain(one.after)
        same = json.loads(json.dumps(plain)) == plain
        shown = one.turns[-1].state if len(one.turns) == 1 else one.after
        kinds = {message.type for message in one.after.get("messages") or []}
        yield _kept(
            not same and "the state is not plain JSON",
            _plain(shown) != plain and "the turn shows another state than is stored",
            not kinds <= {"human", "ai"} and f"messages of {kinds}",
        )


def crisis_starts_with_help(trace: Trace) -> Occasions:
    """Help before any question mark, and no interview question in that turn."""
    for one in trace.exchanges:
        if not one.turns or one.turns[-1].kind == "repeated":
            continue
        if one.move == "alarm":
            kept = one.turns[-1].state["outcome"] == "crisis"
            yield "" if kept else f"no help for {one.said!r:.200}, said at once"
        if len(one.said) > 1 or (one.move != "crisis" and one.after["outcome"] != "crisis"):
            continue
        text = one.turns[-1].text
        place = min((text + mark).find(mark) for mark in QUESTION_MARKS)
        asks = trace.plan.context.safety_question
        yield _kept(
            one.after["outcome"] != "crisis" and f"no help for {one.said!r:.100}",
            not HELP.search(text[:place]) and f"a question before help: {text!r:.200}",
            one.after.get("pending") and "a question waits",
            asked_in(one.after) != asked_in(one.before) and "an interview question was asked",
            not asks and place < len(text) and "a question though none is wanted",
        )


def counts_once(trace: Trace) -> Occasions:
    """A stale answer changes nothing; of two answers to one question exactly one is taken."""
    for one in trace.exchanges:
        kinds = [turn.kind for turn in one.turns]
        if one.move == "stale":
            yield _kept(
                kinds != ["repeated"] and f"a stale answer ended as {kinds}",
                _plain(one.before) != _plain(one.after) and "a stale answer changed the state",
            )
        if one.move == "replay":
            changed = [
                name
                for name in ("pending", "facts", "asked", "query", "outcome")
                if one.before.get(name) != one.after.get(name)
            ]
            yield f"a resume sent again changed {changed}" if changed else ""
        if one.move in ("twice", "race") and len(one.said) > 1:
            yield "" if kinds.count("repeated") == 1 else f"two answers at once ended as {kinds}"


def what_is_streamed_is_said(trace: Trace) -> Occasions:
    """The pieces of a reply end in the reply; a question comes as a whole."""
    for one in trace.exchanges:
        if len(one.said) > 1 or one.failures or not one.turns or one.turns[0].kind != "reply":
            continue
        text = "".join(one.streamed).strip()
        yield "" if text.endswith(one.turns[0].text) else f"streamed {text!r:.300}"


def turns_alternate(trace: Trace) -> Occasions:
    """Person, agent, person, agent: nothing said at once is mixed up."""
    for one in trace.exchanges:
        kinds = [message.type for message in one.after.get("messages") or []]
        wanted = ["human" if place % 2 == 0 else "ai" for place in range(len(kinds))]
        broken = kinds != wanted or len(kinds) % 2
        yield f"messages of {kinds}" if broken else ""


def failures_are_named(trace: Trace) -> Occasions:
    """The caller sees the error itself, and nothing that was acknowledged is lost."""
    for one in trace.exchanges:
        if not one.failures:
            continue
        others = [
            repr(failure)
            for failure in one.failures
            if not isinstance(failure, (BrokenError, Gone)) or not str(failure)
        ]
        yield _kept(
            bool(others) and f"another error: {others}",
            not set(one.before.get("facts") or {}) <= set(one.after.get("facts") or {})
            and "facts were lost",
            asked_in(one.after)[: len(asked_in(one.before))] != asked_in(one.before)
            and "what was asked is lost",
        )


def stand_ins_are_marked(trace: Trace) -> Occasions:
    """Where a role failed and rules stood in, the state says so."""
    for one in trace.exchanges:
        if one.failed_roles and one.turns:
            new = (one.after.get("degraded") or [])[len(one.before.get("degraded") or []) :]
            missing = one.failed_roles - {entry["role"] for entry in new}
            yield f"not marked: {sorted(missing)}" if missing else ""


def newer_threads_are_refused(trace: Trace) -> Occasions:
    """A thread of a newer version is refused with a sentence that names both versions."""
    if trace.newer is not None:
        named = all(str(version) in trace.newer for version in (NEWER, SCHEMA_VERSION))
        yield "" if named else f"a newer thread ended as {trace.newer!r}"


def nobody_else_is_in_it(trace: Trace) -> Occasions:
    """Dialogues held at the same time on the same checkpoints keep apart."""
    last = trace.exchanges[-1].after
    whole = " ".join([json.dumps(_plain(last)), *_said(last)])
    others = set(MARK.findall(whole)) - {trace.plan.mark}
    yield f"words of {sorted(others)}" if others else ""


CHECKS: dict[str, Check] = {
    "ends in a reply": ends_in_a_reply,
    "keeps to the budget": keeps_to_the_budget,
    "asks nothing known, declined, asked": asks_nothing_closed,
    "asks one thing at a time": asks_one_thing,
    "answers reach the state": answers_reach_the_state,
    "state is JSON, shown as stored": state_is_json,
    "a crisis turn starts with help": crisis_starts_with_help,
    "an answer counts once": counts_once,
    "what is streamed is said": what_is_streamed_is_said,
    "turns never interleave": turns_alternate,
    "failures named, nothing lost": failures_are_named,
    "stand-ins are marked": stand_ins_are_marked,
    "a newer thread is refused": newer_threads_are_refused,
    "nobody else in the thread": nobody_else_is_in_it,
}


def asked_in(state: RaiseState) -> list[str]:
    """Attributes asked so far."""
    return state.get("asked") or []


def _said(state: RaiseState) -> list[str]:
    return [message_text(one.content) for one in state.get("messages") or [] if one.type == "human"]


def _plain(state: RaiseState) -> dict[str, Any]:
    return {name: value for name, value in state.items() if name != "messages"}
