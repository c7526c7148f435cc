"""What is asked of those who are alike, and what comes back, however it is counted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray


@dataclass(frozen=True)
class Product:
    """Columns whose product is summed, and the largest size of one product."""

    columns: tuple[str, ...]
    largest: float


@dataclass(frozen=True)
class Kinds:
    """Columns of whose values only the kind matters, which `tell` says of a frame of them; (n,).

    Of those of one kind a single combination of values stands for all.
    """

    columns: tuple[str, ...]
    tell: Callable[[pd.DataFrame], NDArray[np.int64]]


@dataclass(frozen=True, eq=False)
class Grouped:
    """The combinations that occur of some columns.

    Attributes
    ----------
    columns: the values of each column, (n,)
    count: respondents of each combination, (n,)
    sums: of each product, (n,)
    """

    columns: list[pd.Series[Any]]
    count: NDArray[np.int64]
    sums: list[NDArray[np.float64]]
