"""Whether a model lets an effect differ between groups, or assumes that it does not."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from survey_stats.explain.models.result import Model


def crossed(model: Model, column: str, over: str) -> bool:
    """Whether an estimated term holds both columns."""
    return any(
        {column, over} <= held and model.parameters_of([term]).size > 0
        for term, held in model.variables_of_terms().items()
    )


def crossing(model: Model, column: str, over: str) -> str:
    """The term that would cross the two, as the formula writes them: "gender:C(wave)"."""
    own = model.variables_of_terms()
    return ":".join(
        next((term for term, held in own.items() if held == {name}), name)
        for name in (column, over)
    )


def assumption(model: Model, column: str, by: list[str]) -> str:
    """What the effects of `column` in groups of `by` take for granted; empty for nothing."""
    alike = [name for name in by if not crossed(model, column, name)]
    if not alike:
        return ""
    terms = ", ".join(crossing(model, column, name) for name in alike)
    return f"assumed, not found: {column} works alike in every {' and '.join(alike)} (no {terms})"
