"""Guards the learnt scale of danger: what it may add, what it may take back, how it is learnt."""

from __future__ import annotations

from dataclasses import replace
from importlib.resources import files
from io import BytesIO
from math import inf
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from raise_penguin.graphs.crisis.danger import (
    ALONE,
    CLEARED,
    DangerReading,
    Level,
    detect_danger,
    joined,
    read_danger,
    read_phrases,
)
from raise_penguin.graphs.crisis.everyday import everyday_texts
from raise_penguin.graphs.crisis.learning import learn, weigh_unseen
from raise_penguin.graphs.crisis.learnt import Weighed, Weights, shipped_weights
from raise_penguin.graphs.crisis.message_set import (
    LabelledMessage,
    Part,
    load_messages,
    load_training,
)
from raise_penguin.penguin.errors import DataError

TRAINING = Path(__file__).resolve().parents[2] / "graphs/crisis/data/training"

MEASURES: tuple[Part, ...] = ("held_out", "ordinary")

PLAIN = [
    "I want to die",
    "There is no point in living. I want to die.",
    "I am going to kill myself",
    "quiero morir",
    "je veux mourir",
    "ich will sterben",
    "eu quero morrer",
    "我想死",
    "मैं मरना चाहता हूँ",
    "اريد ان اموت",
]
TO_FORGET = [
    "forget that I'm depressed and want to die",
    "I'm 34. Please forget that I am depressed and want to die.",
    "don't remember that I'm depressed and want to die",
    "olvida que estoy deprimido y quiero morir",
    "oublie que je suis infirmière, déprimée, et que je veux mourir",
    "vergiss bitte, dass ich 34 bin, depressiv und nicht mehr leben will",
    "esqueça que estou deprimido e quero morrer",
    "忘记我抑郁而且想死",
    "भूल जाओ कि मैं उदास हूं और मरना चाहता हूं",
    "bhool jao ki main depressed hu aur marna chahta hu",
    "انس أنني مكتئب وأريد أن أموت",
]
PLAIN_ANSWERS = """
no; yes; ok; 34; i am 34; married; none of your business; prefer not to say; i'd rather not;
my son is 12; student; nurse; depressed sometimes; sí; no sé; prefiero no decirlo; tengo 40 años;
soltera; oui; non; je sais pas; je préfère ne pas répondre; j'ai 25 ans; ja; nein; keine ahnung;
möchte ich nicht sagen; ich bin 52; sim; não; não sei; prefiro não dizer; tenho 19; 是; 不; 不知道;
不想说; 我三十岁; हाँ; नहीं; पता नहीं; मैं 45 साल की हूँ; nahi; pata nahi;
نعم; لا; لا أعرف; عمري ثلاثون; متزوجة
"""


def weighed(score: float, worst_part: float = -1.0) -> Weighed:
    return Weighed(score=score, danger="suicide", about="self", worst_part=worst_part)


def message(number: int, danger: str, text: str) -> LabelledMessage:
    """A labelled message; every second one is about somebody else."""
    return LabelledMessage.model_validate(
        {"id": f"en-{number:03}", "language": "en", "danger": danger, "text": text, "pair": ""}
        | {"level": "high" if danger else "", "about": ("self", "other")[number % 2]}
        | {"kind": "direct" if danger else "everyday"}
    )


@pytest.mark.parametrize("text", PLAIN)
def test_plain_words_of_danger_are_never_taken_back(text: str) -> None:
    assert detect_danger(text) == "suicide"


@pytest.mark.parametrize("text", TO_FORGET)
def test_what_the_agent_is_to_forget_is_never_taken_back(text: str) -> None:
    phrases = read_phrases(text)
    assert joined(phrases, weighed(CLEARED - 9)).danger == "suicide"
    assert detect_danger(text) == "suicide"


@pytest.mark.parametrize(
    "text",
    [
        "forget that I wanted to die when I was 15",
        "I'll never forget that day, I wanted to die of laughter",
        "forget that my exam is killing me",
    ],
)
def test_a_past_or_a_figure_of_speech_to_be_forgotten_is_no_danger(text: str) -> None:
    assert detect_danger(text) == ""


def test_plain_answers_are_no_danger() -> None:
    answers = [one.strip() for one in PLAIN_ANSWERS.split(";")]
    assert len(answers) > 40
    assert [one for one in answers if detect_danger(one)] == []


def test_everyday_texts_that_were_not_learnt_raise_few_alarms() -> None:
    texts = everyday_texts("held_out")
    assert not {*texts} & {*everyday_texts("tuning")}
    alarms = [text for text in texts if detect_danger(text)]
    assert len(alarms) / len(texts) < 0.025, alarms


def test_the_weights_suffice_without_a_phrase_from_a_score_on() -> None:
    nothing = DangerReading(markers=("pain",))
    assert not joined(nothing, weighed(ALONE - 0.01)).danger
    seen = joined(nothing, weighed(ALONE))
    assert (seen.danger, seen.level, seen.evidence) == ("suicide", "low", "")
    assert seen.markers == ("pain",)
    assert joined(nothing, weighed(9)).level == "high"


@pytest.mark.parametrize("level", ["low", "high", "immediate"])
def test_only_a_phrase_that_is_not_immediate_is_taken_back(level: Level) -> None:
    phrase = DangerReading("suicide", level)
    assert joined(phrase, weighed(CLEARED)) == phrase
    assert joined(phrase, weighed(CLEARED - 9, worst_part=0.1)) == phrase
    assert joined(replace(phrase, markers=("pain",)), weighed(CLEARED - 9)).danger
    assert joined(replace(phrase, plain=True), weighed(CLEARED - 9)).danger
    assert joined(replace(phrase, danger="overdose"), weighed(CLEARED - 9)).danger
    calm = joined(phrase, weighed(CLEARED - 0.01))
    assert bool(calm.danger) is (level == "immediate")


@given(st.text())
def test_every_text_is_weighed(text: str) -> None:
    found = shipped_weights().weigh(text)
    assert -50 < found.score < 50


@given(st.integers(0, 40), st.integers(0, 40))
def test_calm_words_around_danger_do_not_hide_it(before: int, after: int) -> None:
    calm, acute = "what a lovely garden you have there. ", "nobody would miss me if i were gone. "
    found = shipped_weights().weigh(calm * before + acute * 24 + calm * after)
    assert found.score >= shipped_weights().weigh(acute).score / 2


def test_a_long_text_is_read_by_its_worst_piece_and_never_cleared() -> None:
    text = "My garden is lovely this year. " * 60 + "I want to die. " + "Roses everywhere. " * 60
    assert read_danger(text).danger == "suicide"
    assert shipped_weights().weigh(text).worst_part == inf


@pytest.mark.parametrize("acute", ["I want to die since my wife left", "quiero morir, estoy sola"])
def test_calm_sentences_around_danger_take_nothing_back(acute: str) -> None:
    calm = "Which tomatoes grow in a pot? My balcony faces south. The recipe needs basil. "
    assert detect_danger(calm + acute + ". " + calm) == "suicide"


@pytest.mark.parametrize("acute", ["i want to die since my wife left", "quiero morir estoy sola"])
def test_calm_words_in_the_same_sentence_take_nothing_back(acute: str) -> None:
    calm = "which tomatoes grow in a pot my balcony faces south and the recipe needs basil "
    assert detect_danger(f"{calm} and {acute} and {calm}") == "suicide"


def test_weights_that_are_missing_or_of_another_version_are_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="crisis learn"):
        Weights.read(tmp_path / "none.npz")
    np.savez(tmp_path / "other.npz", **dict.fromkeys(("rarity", "steps", "scales", "offsets"), 1))
    with pytest.raises(DataError, match="another version"):
        Weights.read(tmp_path / "other.npz")


@pytest.mark.parametrize("held", ["nothing", "a beginning", "half", "damage", "one array"])
def test_weights_that_are_broken_are_named(held: str, tmp_path: Path) -> None:
    whole = (files("raise_penguin.graphs.crisis") / "data" / "weights.npz").read_bytes()
    middle = len(whole) // 2
    array = BytesIO()
    np.save(array, np.zeros(3))
    broken = {
        "nothing": b"",
        "a beginning": b"PK",
        "half": whole[:middle],
        "damage": whole[:middle] + bytes(50) + whole[middle + 50 :],
        "one array": array.getvalue(),
    }
    (tmp_path / "broken.npz").write_bytes(broken[held])
    with pytest.raises(DataError, match="cannot be read"):
        Weights.read(tmp_path / "broken.npz")


FEW = [
    message(number, danger, text)
    for number, (danger, text) in enumerate(
        [
            ("suicide", "i see no way on and wrote the letters"),
            ("suicide", "nobody needs me and the letters are written"),
            ("self_harm", "the urge is back and i gave in again"),
            ("self_harm", "my arm again, the urge is too big"),
            ("overdose", "i took all of it and feel so sleepy"),
            ("overdose", "she took all of it and does not wake"),
            ("violence", "he comes home and the door is locked again"),
            ("violence", "he locked the door again and took the phone"),
            ("child_abuse", "my stepfather says it is our secret"),
            ("child_abuse", "my uncle says it is our secret game"),
            ("harm_to_others", "i am afraid of what my hands will do to him"),
            ("harm_to_others", "my hands want to do something to him"),
            ("", "which letters may i write with a fountain pen"),
            ("", "the door of my flat is green, which carpet fits"),
        ]
    )
]
CALM = ("may i repaint the door", "which pen is good for letters", "what carpet is warm")


def test_what_is_learnt_is_read_again_the_same(tmp_path: Path) -> None:
    sizes = [learn(FEW, CALM, tmp_path / name) for name in ("one.npz", "two.npz")]
    assert (tmp_path / "one.npz").stat().st_size == sizes[0]
    one, two = Weights.read(tmp_path / "one.npz"), Weights.read(tmp_path / "two.npz")
    assert (one.rows == two.rows).all()
    assert one.weigh("nobody needs me and i see no way on").score > 0
    assert one.weigh("he locked the door again").danger == "violence"
    assert one.weigh("which carpet fits my pen").score < 0


def test_a_kind_of_danger_without_a_message_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="overdose"):
        learn([one for one in FEW if one.danger != "overdose"], CALM, tmp_path / "out.npz")


def test_a_text_is_weighed_unseen_without_having_been_learnt() -> None:
    twins = [*FEW, message(14, "suicide", "zyzzyva zyzzyva")]
    unseen = weigh_unseen(twins, CALM, folds=3)
    assert len(unseen) == len(twins) + len(CALM)
    other = [*FEW, message(14, "", "zyzzyva zyzzyva")]
    assert weigh_unseen(other, CALM, folds=3)[14] == unseen[14]


def test_nothing_that_measures_was_learnt() -> None:
    def letters(text: str) -> str:
        return "".join(character for character in text.casefold() if character.isalnum())

    parts: tuple[Part, ...] = ("tuning", "measured")
    messages = [*load_training(TRAINING), *(one for part in parts for one in load_messages(part))]
    labelled = {letters(one.text) for one in messages}
    learnt = labelled | set(map(letters, everyday_texts("tuning")))
    for part in MEASURES:
        assert not learnt & {letters(one.text) for one in load_messages(part)}
    assert not labelled & set(map(letters, everyday_texts("held_out")))


def test_training_messages_are_checked_by_the_line(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="holds no"):
        load_training(tmp_path)
    head = "danger\tlevel\tabout\tkind\ttext\n"
    (tmp_path / "en.tsv").write_text(head + "suicide\thigh\tself\tstress\tsome words\n")
    with pytest.raises(DataError, match="line 2"):
        load_training(tmp_path)


@pytest.mark.slow
def test_the_shipped_weights_are_those_of_the_shipped_messages(tmp_path: Path) -> None:
    messages = [*load_training(TRAINING), *load_messages("tuning"), *load_messages("measured")]
    learn(messages, everyday_texts("tuning"), tmp_path / "weights.npz")
    again, shipped = Weights.read(tmp_path / "weights.npz"), shipped_weights()
    texts = [one.text.casefold() for one in load_messages("held_out")]
    for text in texts:
        assert again.weigh(text).score == pytest.approx(shipped.weigh(text).score, abs=0.05)


def test_phrases_alone_can_be_read() -> None:
    assert read_phrases("I want to die").evidence
    assert read_phrases("I want to die").language == "en"


@pytest.mark.parametrize("word", ["suicide", "Suicidio! 😭", "Selbstmord.", "自杀", "💔 انتحار"])
def test_a_word_that_stands_alone_is_heard(word: str) -> None:
    assert read_danger(word).danger == "suicide"


def test_without_weights_the_phrases_still_see_danger(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def gone() -> Weights:
        raise DataError("weights.npz cannot be read")

    monkeypatch.setattr("raise_penguin.graphs.crisis.danger.shipped_weights", gone)
    assert detect_danger("I want to die") == "suicide"
    assert "phrases alone" in caplog.text
