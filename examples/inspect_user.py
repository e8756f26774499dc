"""A simulated person of ours as an Inspect solver: the model under test asks, the person answers.

Run it with ``pip install inspect-ai``: ``python examples/inspect_user.py``. ``mockllm`` stands for
your model; put its name there, as with ``inspect eval --model``.
"""

from __future__ import annotations

import tempfile
from typing import Any

from raise_penguin.penguin.people import demo_scenarios, spread
from raise_penguin.penguin.users.adapters import inspect_user

SCENARIOS = spread(demo_scenarios(), 2)


def main(model: Any = None) -> None:
    """Evaluate two samples and print their dialogues."""
    from inspect_ai import Task
    from inspect_ai import eval as evaluate  # pyright: ignore[reportUnknownVariableType]
    from inspect_ai.dataset import Sample
    from inspect_ai.model import ModelOutput, ModelUsage, get_model

    samples = [
        Sample(id=one.id, input=one.query, metadata={"profile": one.profile.model_dump()})
        for one in SCENARIOS
    ]
    asking = [
        ModelOutput.from_content("mockllm/model", text)
        for text in ("How old are you?", "Here is my advice.") * len(samples)
    ]
    for output in asking:
        output.usage = ModelUsage()  # else mockllm counts tokens, and fetches a tokeniser for it
    model = model or get_model("mockllm/model", custom_outputs=asking)
    task = Task(dataset=samples, solver=inspect_user(questions=3))
    with tempfile.TemporaryDirectory() as folder:
        (log,) = evaluate(task, model=model, log_dir=folder, display="none", max_samples=1)
        for sample in log.samples or []:
            print(sample.id)
            for message in sample.messages:
                print(f"{message.role:>9}  {message.text}")


if __name__ == "__main__":
    main()
