"""Dialogues of front ends that name no thread and send the whole conversation each time.

Each conversation so far is a thread of its own, named by a digest of its messages. The next message
finds its predecessor there and costs one turn; the same request again costs none; an edited message
branches off and mixes with nothing. Where nothing is known (a restart, a conversation from
elsewhere), the person's messages are replayed by the rules, without a model, and each question is
taken as it was shown.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from ...graphs.state import Question, RaiseState, message_text
from ...graphs.words import said_together
from ...penguin.attributes import load_attributes
from ...penguin.errors import MessageError
from .checkpoints import carry_over

if TYPE_CHECKING:
    from ...graphs import Dialogues, RaiseContext, Turn

REPLAYED = 50
"""At most so many exchanges are replayed, the newest ones."""

QUESTION_WORDS = 60
"""A text with a question mark and more words than this is a reply, not a question of ours."""


class Message(Protocol):
    """What is read of a message."""

    @property
    def role(self) -> str:
        """Who spoke."""
        ...

    @property
    def text(self) -> str:
        """Their words."""
        ...


@dataclass(frozen=True)
class Exchange:
    """What the person said, and what they were then shown."""

    words: str
    shown: str = ""
    """Empty for the newest exchange."""


def exchanges(messages: Sequence[Message]) -> list[Exchange]:
    """The conversation as exchanges; messages of nobody's are left out.

    Messages of the person that follow each other are one: nobody answered the first. One that is
    too long beside the next was refused then, and is left out.

    Example:
        >>> from types import SimpleNamespace as M
        >>> said = [M(role="user", text="Hi"), M(role="assistant", text="Yes?")]
        >>> exchanges([*said, M(role="user", text="I lost my job")])
        [Exchange(words='Hi', shown='Yes?'), Exchange(words='I lost my job', shown='')]
    """
    found: list[Exchange] = []
    for message in messages:
        if message.role == "user":
            if found and not found[-1].shown:
                found[-1] = Exchange(said_together(found[-1].words, message.text))
            else:
                found.append(Exchange(message.text))
        elif message.role == "assistant" and message.text.strip() and found:
            shown = f"{found[-1].shown}\n{message.text}".strip()
            found[-1] = Exchange(found[-1].words, shown)
    return found


def newest_words(messages: Sequence[Message], state: RaiseState) -> str:
    """What the person says that a thread has not taken yet: a message may have been refused.

    Args:
        messages: The conversation as a front end sends it, the newest message last.
        state: The thread as it stands.
    """
    taken = {
        _plain(message_text(said.content))
        for said in state.get("messages") or []
        if said.type == "human"
    }
    unread = [one for one in messages[:-1] if one.role != "user" or _plain(one.text) not in taken]
    return exchanges([*unread, messages[-1]])[-1].words


def prefix_names(caller: str, said: Sequence[Exchange]) -> list[str]:
    """Names of the threads of each conversation so far: after one exchange, two, and so on."""
    names: list[str] = []
    digest = hashlib.sha256(caller.encode())
    for exchange in said:
        _add(digest, exchange.words)
        names.append(f"{caller}:history:{digest.hexdigest()}")
        _add(digest, _plain(exchange.shown))
    return names


async def stand_before(
    dialogues: Dialogues, caller: str, said: Sequence[Exchange], context: RaiseContext
) -> tuple[Turn | None, int]:
    """Make the thread of a conversation stand right before the newest message.

    A turn of it that was cut off is finished with the context given.

    Returns:
        The turn that answers that message, where it was taken before; and how many failures of
        models the thread had before it.
    """
    names = prefix_names(caller, said)
    target = names[-1]
    if (answered := await dialogues.resume(target, context=context)) is not None:
        return answered, len(answered.state.get("degraded") or [])
    for number in range(len(said) - 2, max(-1, len(said) - 2 - REPLAYED), -1):
        known = await dialogues.resume(names[number], context=context)
        if known is not None and _same(known.text, said[number].shown):
            await carry_over(dialogues.graph, names[number], target)
            await replay(dialogues, target, said[number + 1 : -1])
            return None, len(known.state.get("degraded") or [])
    await replay(dialogues, target, said[:-1])
    return None, 0


async def replay(dialogues: Dialogues, thread: str, said: Sequence[Exchange]) -> None:
    """Take earlier exchanges again by the rules; messages that cannot be read are left out."""
    by_rules = _by_rules(dialogues.context)
    for exchange in said[-REPLAYED:]:
        try:
            turn = await dialogues.send(thread, exchange.words, context=by_rules)
        except MessageError:
            continue
        if exchange.shown and not _same(turn.text, exchange.shown):
            change = _as_shown(turn.state, exchange.shown)
            await carry_over(dialogues.graph, thread, thread, change)


def _by_rules(context: RaiseContext) -> RaiseContext:
    offline = {"model": "offline", "triage_model": "", "select_model": "", "respond_model": ""}
    return context.model_copy(update=offline)


def _as_shown(state: RaiseState, shown: str) -> dict[str, object]:
    """What waits, where the person was shown something else than the rules say."""
    earlier = state.get("pending")
    asked = [name for name in state["asked"] if earlier is None or name != earlier["attribute"]]
    attribute = _asked_for(shown)
    if attribute is None:
        return {"pending": None, "asked": asked}
    question = Question(
        id=f"question-{len(asked) + 1}",
        attribute=attribute,
        question=shown,
        reason=load_attributes()[attribute].reason,
        remaining=0,
        skip=earlier["skip"] if earlier else "",
    )
    return {"pending": question, "asked": [*asked, attribute]}


def _asked_for(shown: str) -> str | None:
    """The attribute that a question asks for; None for a reply or a question not understood."""
    if "?" not in shown or len(shown.split()) > QUESTION_WORDS:
        return None
    return next(
        (one.id for one in load_attributes().values() if one.asked_pattern.search(shown)), None
    )


def _same(told: str, shown: str) -> bool:
    """Whether both are one text; front ends trim and wrap."""
    return _plain(told) == _plain(shown)


def _plain(text: str) -> str:
    return " ".join(text.split())


def _add(digest: hashlib._Hash, text: str) -> None:  # pyright: ignore[reportPrivateUsage]
    data = text.encode("utf-8", "surrogatepass")
    digest.update(len(data).to_bytes(8, "big") + data)
