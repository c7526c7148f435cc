"""Adjustment for non-response, by classes and by propensity."""
