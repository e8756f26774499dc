"""Traces without a person's words: what LangSmith gets of a RAISE graph by default.

LangGraph puts the whole state of a run, messages and facts, into the inputs and outputs of a trace,
and so does each model call below it. A graph built here brings its own tracer, which is used where
tracing is on and leaves all of that out; what remains is which node ran when, how long it took,
which model was called, how many tokens it used, and the type of an error.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal

from ..penguin.errors import SettingsError

if TYPE_CHECKING:
    from langchain_core.callbacks import BaseCallbackHandler
    from langsmith import Client

Trace = Literal["masked", "full"]
TRACE_VARIABLE = "RAISE_PENGUIN_TRACE"
STRUCTURAL = ("langgraph_", "ls_", "lc_", "usage_metadata", "LANGSMITH_", "LANGCHAIN_", "revision")
"""Metadata that tells nothing of a person begins like this."""
IGNORED = ("llm", "chat_model", "chain", "agent", "retriever", "retry", "custom_event")
"""Kinds of events that the tracer does not listen to while tracing is off."""


def chosen_trace(given: Trace | None) -> Trace:
    """How to trace: as given, else as ``RAISE_PENGUIN_TRACE`` says, else masked.

    Raises:
        SettingsError: The variable holds something else.
    """
    chosen = given or os.environ.get(TRACE_VARIABLE) or "masked"
    if chosen not in ("masked", "full"):
        raise SettingsError(f"{TRACE_VARIABLE}={chosen}: use 'masked' (the default) or 'full'")
    return chosen


def masked_tracer() -> BaseCallbackHandler:
    """A LangSmith tracer that sends no inputs, outputs or words; silent where tracing is off."""
    return _tracer_class()()


@lru_cache(maxsize=1)
def masked_client() -> Client:
    """The LangSmith client that masks; for tracers of your own, say of a parent graph."""
    from langsmith import Client

    return Client(hide_inputs=True, hide_outputs=True, anonymizer=_structure)


def _structure(data: Mapping[str, Any]) -> dict[str, Any]:
    """What may be sent of a run's metadata, or of its error."""
    if set(data) == {"error"}:
        kind = re.match(r"[\w.]+", str(data["error"]))
        return {"error": kind.group() if kind else "error"}
    kept = {name: value for name, value in data.items() if name.startswith(STRUCTURAL)}
    if thread := data.get("thread_id"):
        kept["thread_id"] = hashlib.blake2b(str(thread).encode(), digest_size=16).hexdigest()
    return kept


def _host_traces(ours: type[BaseCallbackHandler]) -> bool:
    """Whether a tracer that is not ours listens to the runnable that called the graph."""
    from langchain_core.callbacks import BaseCallbackManager
    from langchain_core.runnables.config import var_child_runnable_config
    from langchain_core.tracers.langchain import LangChainTracer

    given = (var_child_runnable_config.get() or {}).get("callbacks") or ()
    handlers = given.handlers if isinstance(given, BaseCallbackManager) else given
    return any(isinstance(one, LangChainTracer) and not isinstance(one, ours) for one in handlers)


@lru_cache(maxsize=1)
def _tracer_class() -> type[BaseCallbackHandler]:
    """The tracer's class, made when first needed: its base takes long to import."""
    from langchain_core.tracers.langchain import LangChainTracer
    from langsmith import utils

    def silent(_: object) -> bool:
        return not utils.tracing_is_enabled()

    class MaskedTracer(LangChainTracer):
        """LangChain adds no tracer of its own where one of this kind is there already."""

        def __init__(self, **settings: Any) -> None:
            settings["client"] = MaskedTracer  # anything but None; opened when first used
            super().__init__(**settings)

        @property
        def client(self) -> Client:
            return masked_client()

        @client.setter
        def client(self, _: Client) -> None:
            """Whatever is given, it is the masked one."""

        def copy_with_metadata_defaults(self, **defaults: Any) -> LangChainTracer:
            return self if silent(self) else super().copy_with_metadata_defaults(**defaults)

        def _start_trace(self, run: Any) -> None:
            if (parent := str(run.parent_run_id or "")) and (
                parent not in self.run_map
                or self.run_map[parent].extra.get("__disabled")
                or (parent in self._external_run_ids and _host_traces(MaskedTracer))
            ):
                run.extra["__disabled"] = True  # another tracer has this tree already
            super()._start_trace(run)

    for kind in IGNORED:
        setattr(MaskedTracer, f"ignore_{kind}", property(silent))
    return MaskedTracer
