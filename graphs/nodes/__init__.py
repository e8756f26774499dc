"""The nodes of the RAISE graph, one function each: state in, partial state out."""

from .ask import ask
from .hand_over import hand_over
from .remember import remember
from .respond import respond
from .select import select
from .triage import triage

__all__ = ["ask", "hand_over", "remember", "respond", "select", "triage"]
