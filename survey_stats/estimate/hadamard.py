"""Hadamard matrices for balanced half-samples."""

from __future__ import annotations

import numpy as np

from survey_stats.estimate.columns import Floats


def hadamard(at_least: int) -> Floats:
    """The smallest Hadamard matrix we can build of order `at_least` or more; entries -1 and 1.

    The first row is all ones, so every other row has as many ones as minus ones (full orthogonal
    balance). Orders are doublings of 1, 2 and of q + 1 for primes q = 3 mod 4 (Sylvester; Paley).

    >>> h = hadamard(11)
    >>> h.shape, bool((h @ h.T == 12 * np.eye(12)).all())
    ((12, 12), True)
    """
    base, doublings = min(
        (_order(base, at_least) for base in _bases(at_least)), key=lambda o: o[0] * 2 ** o[1]
    )
    matrix = np.ones((1, 1)) if base == 1 else _paley(base - 1)
    for _ in range(doublings):
        matrix = np.block([[matrix, matrix], [matrix, -matrix]])
    return np.asarray(matrix * matrix[0])


def _bases(at_least: int) -> list[int]:
    primes = [
        q
        for q in range(3, max(2 * at_least, 8), 4)
        if all(q % d for d in range(3, int(q**0.5) + 1, 2))
    ]
    return [1, *(q + 1 for q in primes)]


def _order(base: int, at_least: int) -> tuple[int, int]:
    doublings = 0
    while base * 2**doublings < at_least:
        doublings += 1
    return base, doublings


def _paley(q: int) -> Floats:
    """Paley's matrix of order q + 1 for a prime q = 3 mod 4."""
    residue = np.full(q, -1.0)
    residue[(np.arange(1, q) ** 2) % q] = 1.0
    residue[0] = 0.0
    jacobsthal = residue[(np.arange(q)[None, :] - np.arange(q)[:, None]) % q]
    matrix = np.ones((q + 1, q + 1))
    matrix[1:, 0] = -1.0
    matrix[1:, 1:] = jacobsthal + np.eye(q)
    return matrix
