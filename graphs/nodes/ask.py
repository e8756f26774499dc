"""ask: the only node that waits. It does nothing else, since it runs again on resume."""

from __future__ import annotations

from typing import Any, cast

from langchain_core.messages import HumanMessage
from langgraph.types import Command, interrupt

from ..context import current_context
from ..state import Answer, Decision, Question, RaiseState
from ..words import ANSWER_ID, MAX_CHARACTERS, without_controls

ANSWER_SCHEMA: dict[str, Any] = {
    "title": "Answer",
    "description": "Your answer in your own words; leave it empty to skip the question.",
    "anyOf": [
        {"type": "string"},
        {
            "type": "object",
            "properties": {
                "question_id": {"type": "string", "description": "Id of the question answered."},
                "text": {"type": "string", "description": "The answer; empty to skip."},
            },
            "required": ["text"],
        },
    ],
}


def ask(state: RaiseState) -> RaiseState:
    """Wait for the answer to the pending question.

    In message mode the question already stands in the messages: the run ends here, and the
    person's next message comes in through triage.
    """
    if current_context().mode == "message":
        return {}
    question = state["pending"]
    if question is None:
        return {}
    value: Any = interrupt(dict(question), response_schema=ANSWER_SCHEMA)
    answer = read_resume(value, question)
    if answer is None:
        reason = "the answer names another question"
        return {
            "log": [Decision(node="ask", decision=f"asks {question['id']} again", reason=reason)]
        }
    return {
        "messages": [HumanMessage(answer["text"], id=f"{ANSWER_ID}{question['id']}")],
        "answer": answer,
    }


def answer_command(question_id: str, answer: object) -> Command[Any]:
    """The resume for a waiting question: the one place where resume values are made.

    Args:
        question_id: Id of the question as the interrupt showed it.
        answer: The person's words; None or anything empty skips the question.
    """
    return Command(resume={"question_id": question_id, "text": _as_text(answer)})


def read_resume(value: object, question: Question) -> Answer | None:
    """Read a resume value of any shape; None where it answers another question.

    A bare string is an answer (LangGraph Studio sends one). Anything without words is an empty
    answer, which is read as "I'd rather not say".
    """
    text: object = value
    if isinstance(value, dict):
        fields = cast("dict[Any, Any]", value)
        named = fields.get("question_id")
        if named is not None and named != question["id"]:
            return None
        text = next((fields[key] for key in ("text", "answer") if key in fields), None)
    return Answer(question_id=question["id"], attribute=question["attribute"], text=_as_text(text))


def _as_text(value: object) -> str:
    """Words out of whatever came back; "" where there are none."""
    if isinstance(value, bool):
        value = "yes" if value else "no"
    if isinstance(value, (str, int, float)):
        return without_controls(str(value))[:MAX_CHARACTERS]
    if isinstance(value, list):
        return " ".join(filter(None, map(_as_text, cast("list[object]", value))))
    return ""
