"""The pieces of documents: what a row of a plan can be shown as."""

from survey_stats.report.pieces.registry import Piece, named, piece, pieces

__all__ = ["Piece", "named", "piece", "pieces"]
