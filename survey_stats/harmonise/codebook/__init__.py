"""Codebooks: what they may say, whether they hold together, and where a mistake stands."""

from survey_stats.harmonise.codebook.book import Codebook, locate

__all__ = ["Codebook", "locate"]
