"""Roles that answer at once: what is left of a dialogue's time is the graph's own."""

from __future__ import annotations

from collections.abc import AsyncIterator

from ...graphs.roles import ReplyRequest, Roles, Selection, SelectRequest, Triage
from ...penguin.attributes import attribute
from ...penguin.facts import Facts, profile_facts

MESSAGE = (
    "I have been thinking about handing in my notice on Friday without anything else lined up. "
    "Is that a terrible idea?"
)
ANSWERS = ("I'm 34", "I'd rather not say", "just about getting by")
REPLY = (
    "It sounds as if you have carried this for a while, and Friday feels close. Before you hand "
    "anything in, work out how many months you could pay for without a wage, and write down what "
    "you would do in each of them. ",
    "Ask what your contract says about notice, and whether a few unpaid weeks are possible: some "
    "people find that a break changes the question. If sleep, appetite or hope have gone, see a "
    "doctor first, since a tired mind chooses badly. ",
    "You do not have to decide by Friday. Talk it over with somebody who knows you, and come back "
    "with what they said; then we can weigh it again.",
)


class InstantRoles:
    """Every message is sensitive, every answer tells a fact, and questions go on to the budget."""

    name = "instant"

    def roles(self) -> Roles:
        """Itself, in each role."""
        return Roles(triage=self, select=self, respond=self)

    async def triage(self, message: str) -> Triage:
        """Read nothing."""
        del message
        return Triage(level="sensitive", domain="career", reason="as every message here")

    async def select(self, request: SelectRequest) -> Selection:
        """Take the answer as it stands, and the first attribute that is left."""
        facts: Facts = {}
        if request.answered is not None:
            facts = profile_facts({request.answered: request.answer or ""})
        chosen = attribute(request.candidates[0])
        return Selection(
            facts=facts,
            danger="",
            completeness=1,
            attribute=chosen.id,
            question=chosen.questions[0],
            reason=chosen.reason,
        )

    async def write(self, request: ReplyRequest) -> AsyncIterator[str]:
        """A reply of ordinary length."""
        del request
        for piece in REPLY:
            yield piece
