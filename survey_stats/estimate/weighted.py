"""What a `Survey` can have done to its weights: each gives a new Survey that remembers it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

import pandas as pd

from survey_stats.errors import DesignError, InputError
from survey_stats.estimate.design import Design
from survey_stats.estimate.reweighted import reweighted, weighting_of
from survey_stats.weight.result import Weights

if TYPE_CHECKING:
    from typing import Self

# the column of adjusted weights in the frame of the new Survey
ADJUSTED = "adjusted_weight"


class Weighted(ABC):
    """Methods of `Survey` about weights; `frame` and `design` are the Survey's."""

    __slots__ = ()

    frame: pd.DataFrame
    design: Design

    @abstractmethod
    def _with(self, frame: pd.DataFrame | None = None, design: Design | None = None) -> Self: ...

    @property
    def weighting(self) -> Weights:
        """The weights and how they were made, step by step."""
        return weighting_of(self.design)

    def assign(self, **columns: Any) -> Self:
        """The same survey with columns added to its frame or changed, as `DataFrame.assign`.

        Raises
        ------
        DesignError: a column of the design, or rows added or taken away
        """
        for name in columns:
            if name in self.design.declared.columns:
                raise DesignError(
                    f"{name!r} is a column of the design; make a new Survey to change it"
                )
        return self._with(self.frame.assign(**columns))

    def _reweighted(self, weights: Weights, name: str) -> Self:
        own = self.design.weighting is not None and self.design.declared.weights == name
        if name in self.frame.columns and not own:
            raise InputError(
                f"The frame has a column {name!r} already; name another for the new weights with "
                "name="
            )
        frame = self.frame.assign(**{name: weights.values})
        return self._with(frame, reweighted(self.design, weights, name))
