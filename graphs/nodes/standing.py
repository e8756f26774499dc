"""What happens to a question when the words given to it are no answer: it stands, once."""

from __future__ import annotations

from collections.abc import Sequence

from langchain_core.messages import AIMessage, AnyMessage

from ...penguin.attributes import load_attributes
from ...penguin.facts import Fact, Facts, known_facts
from ...penguin.reading import wants_no_questions
from ..answers import asks_something, is_long
from ..manner import Manner
from ..roles import AnswerKind, Selection
from ..state import AGAIN, Answer, Decision, Question, RaiseState, message_text
from ..words import ANSWER_ID
from .learning import learn


def has_stood(question: Question) -> bool:
    """Whether a question was put a second time already."""
    return question["id"].endswith(AGAIN)


def explain(state: RaiseState, question: Question, how: Manner) -> RaiseState:
    """Answer "why do you ask?" with the reason; the question stands, and may be skipped."""
    item = load_attributes().get(question["attribute"])
    skip = "" if item and item.sensitive else how.speech.skip  # a sensitive one says it itself
    words = f"{how.speech.why(question['reason'])} {skip}".strip()
    return _stand(state, question, how, words, "the person asked why, and was told")


def show(state: RaiseState, question: Question, how: Manner, known: str) -> RaiseState:
    """Answer "what do you know about me?"; the question stands."""
    return _stand(state, question, how, f"{known}\n\n", "the person asked what is known")


def no_answer(  # noqa: PLR0911 - one case after another
    state: RaiseState, selection: Selection, how: Manner
) -> RaiseState | None:
    """What to do with words that are no answer; None where they are one, or the second of them."""
    answer, pending = state.get("answer"), state.get("pending")
    told = {name: fact for name, fact in selection.facts.items() if fact["status"] == "known"}
    if answer is None or pending is None or told.keys() - known_facts(state["facts"]).keys():
        return None
    if selection.kind == "other_topic" and selection.matter:
        return _new_matter(state, pending)
    if has_stood(pending):
        return None
    if told:
        return _put_right(state, pending, how, told)
    if selection.kind == "ask_back":
        return explain(state, pending, how)
    if selection.kind == "other_topic":
        return _put_off(state, pending, answer, how, aside=selection.aside)
    return None


def _new_matter(state: RaiseState, pending: Question) -> RaiseState:
    """A sensitive matter of its own takes the place of this one, which is kept for the reply."""
    reason = "another sensitive matter came up"
    return {
        "query": "",
        "parked": [*state.get("parked", []), state["query"]],
        "pending": None,
        "answer": None,
        "log": [Decision(node="select", decision=f"leaves {pending['id']} open", reason=reason)],
    }


def _put_right(state: RaiseState, pending: Question, how: Manner, told: Facts) -> RaiseState:
    """Something said before was put right, and nothing else was told."""
    facts, learnt = learn(state["facts"], told, "select")
    reason = "something said before was put right, and nothing else was told"
    stands = _stand(state, pending, how, how.speech.noted, reason)
    return {**stands, "facts": facts, "log": [*learnt, *stands.get("log", [])]}


def _put_off(
    state: RaiseState, question: Question, answer: Answer, how: Manner, *, aside: str = ""
) -> RaiseState:
    """Another topic: answered shortly or set aside, never lost; the question stands."""
    words = aside or (how.speech.set_aside if asks_something(answer["text"]) else how.speech.noted)
    reason = "another topic came up: " + ("answered shortly" if aside else "kept for the reply")
    kept = RaiseState() if aside else keep(state, answer["text"])
    return _stand(state, question, how, words, reason) | kept


def keep(state: RaiseState, text: str) -> RaiseState:
    """Where words go that answer nothing: long ones into the message, a question is set aside."""
    if is_long(text):
        return {"query": f"{state['query']}\n{text}"}
    if asks_something(text):
        return {"parked": [*state.get("parked", []), text]}
    return {}


def wanted_none(messages: Sequence[AnyMessage]) -> bool:
    """Whether somebody said in an earlier answer that they want no more questions."""
    return any(
        message.type == "human"
        and (message.id or "").startswith(ANSWER_ID)
        and wants_no_questions(message_text(message.content))
        for message in messages
    )


def closed(facts: Facts, answer: Answer, kind: AnswerKind) -> Facts:
    """The facts, with the attribute asked for closed where the second answer was none either.

    A counter-question that was answered once is a way to decline.
    """
    name = answer["attribute"]
    told = facts.get(name)
    if kind == "ask_back" and (told is None or told["status"] != "known"):
        evidence = answer["text"][:200]
        return {
            **facts,
            name: Fact(value="", status="declined", source="answer", evidence=evidence),
        }
    return facts


def _stand(
    state: RaiseState, question: Question, how: Manner, words: str, reason: str
) -> RaiseState:
    asked = question["question"]
    if state.get("language") and how.language != state.get("language"):
        asked = how.speech.question(question["attribute"])
    put = f"{words}{asked}" if words.endswith("\n") else f"{words} {asked}"
    again: Question = {**question, "id": question["id"] + AGAIN, "question": put}
    again["skip"] = how.speech.skip
    return {
        "messages": [AIMessage(again["question"], id=again["id"], name="raise")],
        "pending": again,
        "answer": None,
        "log": [Decision(node="select", decision=f"{question['id']} stands", reason=reason)],
    }
