"""Indexes over stored messages: the same neighbours from each."""

from .choosing import AUTO, WHY_AUTO, IndexName, make_index
from .exact import ExactIndex
from .pgvector import PgvectorIndex, pgvector_status
from .ranking import Index
from .status import IndexStatus
from .vss import VssIndex, vss_status

__all__ = [
    "AUTO",
    "WHY_AUTO",
    "ExactIndex",
    "Index",
    "IndexName",
    "IndexStatus",
    "PgvectorIndex",
    "VssIndex",
    "make_index",
    "pgvector_status",
    "vss_status",
]
