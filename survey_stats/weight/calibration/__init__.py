"""Calibration: from margins to patterns, their factors, and what cannot be met."""
