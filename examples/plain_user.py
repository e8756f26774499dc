"""A simulated person as a plain function from question to answer.

Run it with ``python examples/plain_user.py``.
"""

from __future__ import annotations

from raise_penguin.penguin.profile import Profile
from raise_penguin.penguin.users.adapters import as_callable
from raise_penguin.penguin.users.offline import OfflineUser


def main() -> None:
    """Ask one person three questions; the second one is not answered."""
    person = Profile(id="ana", values={"age": "25-34", "profession": "Teacher", "gender": "Female"})
    ask = as_callable(OfflineUser(person, declines=frozenset({"gender"})))
    for question in ("How old are you?", "What is your gender?", "What do you do for a living?"):
        print(f"{question}\n  {ask(question)}")


if __name__ == "__main__":
    main()
