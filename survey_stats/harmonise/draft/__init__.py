"""The next wave's codebook proposed from a delivery; a person confirms it."""

from survey_stats.harmonise.draft.propose import Proposal
from survey_stats.harmonise.draft.run import Draft, draft_codebook

__all__ = ["Draft", "Proposal", "draft_codebook"]
