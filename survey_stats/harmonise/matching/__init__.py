"""Which variable of one delivery is which of another, by all that is known of both."""

from survey_stats.harmonise.matching.match import Candidate, Kind, Profile, match

__all__ = ["Candidate", "Kind", "Profile", "match"]
