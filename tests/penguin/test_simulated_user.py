"""Guards the simulated user: no more told than asked, nothing that the profile does not hold."""

from __future__ import annotations

from raise_penguin.penguin.attributes import load_attributes
from raise_penguin.penguin.people import demo_scenarios
from raise_penguin.penguin.profile import Profile
from raise_penguin.penguin.reading import read_facts
from raise_penguin.penguin.users.offline import OfflineUser


async def test_the_user_answers_from_the_profile_and_only_what_is_asked() -> None:
    for scenario in demo_scenarios()[::2]:
        user = OfflineUser(scenario.profile, seed=1)
        for item in load_attributes().values():
            for question in item.questions:
                facts = read_facts(await user.answer(question), asked=item.id, source="answer")
                told = {name: fact["value"] for name, fact in facts.items()}
                assert told == {item.id: scenario.profile.values[item.id]}


async def test_the_user_declines_what_it_is_told_to_decline() -> None:
    person = demo_scenarios()[0].profile
    user = OfflineUser(person, declines=frozenset({"age"}))
    for question in load_attributes()["age"].questions:
        fact = read_facts(await user.answer(question), asked="age", source="answer")["age"]
        assert fact["status"] == "declined"


async def test_the_user_does_not_know_what_the_profile_lacks() -> None:
    user = OfflineUser(Profile(id="p", values={"age": "18-24"}))
    answer = await user.answer("What is your gender?")
    assert read_facts(answer, asked="gender", source="answer")["gender"]["status"] == "unclear"


async def test_the_user_asks_back_what_it_does_not_understand() -> None:
    user = OfflineUser(demo_scenarios()[0].profile)
    answer = await user.answer("What colour is the number seven?")
    assert answer.endswith("?")
    assert read_facts(answer, source="answer") == {}
