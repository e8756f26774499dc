"""Opening a judge by its settings: rules, a chat model, several, or one asked several times."""

from __future__ import annotations

from .verdict import Judge


def open_judge(
    model: str,
    *,
    base_url: str = "",
    variant: str = "rubric",
    samples: int = 1,
    blind: bool = False,
    seed: int = 0,
) -> Judge:
    """A judge by its settings.

    Args:
        model: "offline" for rules, or chat models, comma-separated for a panel.
        base_url: URL of an OpenAI-compatible server.
        variant: "rubric" or "flow"; rules have one form only.
        samples: Votes of each model.
        blind: Add the blind pass (rubric only).
        seed: Draws the order of the dimensions.

    Raises:
        SettingsError: The variant does not exist, or does not go with the rest.
    """
    from ..errors import SettingsError
    from ..models import open_model
    from .flow_judge import FlowJudge
    from .model_judge import ModelJudge
    from .offline import OfflineJudge
    from .panel import Panel

    if variant not in ("rubric", "flow"):
        raise SettingsError(f"judge variant {variant!r}: use 'rubric' or 'flow'")
    if blind and variant == "flow":
        raise SettingsError("the blind pass goes with the variant 'rubric'")
    names = [part.strip() for part in model.split(",")]
    if set(names) == {"offline"} and (variant == "flow" or blind or samples > 1):
        raise SettingsError(
            "the offline judge is rules, which have one form and one vote: name a chat model for "
            "the variant 'flow', for samples and for the blind pass"
        )
    judges: list[Judge] = []
    for name in names:
        if name == "offline":
            judges.append(OfflineJudge())
            continue
        chat = open_model(name, base_url=base_url or None)
        judges += [
            FlowJudge(chat) if variant == "flow" else ModelJudge(chat, seed=seed + k, blind=blind)
            for k in range(samples)
        ]
    return judges[0] if len(judges) == 1 else Panel(judges)
