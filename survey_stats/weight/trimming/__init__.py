"""Trimming that keeps the totals."""
