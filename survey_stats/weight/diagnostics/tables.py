"""The tables of a weighting report, from arrays."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from survey_stats.errors import InputError
from survey_stats.weight.diagnostics.balance import COLUMNS as BALANCE_COLUMNS
from survey_stats.weight.diagnostics.balance import mean_row, share_rows, with_chance
from survey_stats.weight.diagnostics.distribution import describe
from survey_stats.weight.diagnostics.kish import spencer_design_effect
from survey_stats.weight.diagnostics.margins import COLUMNS as MARGIN_COLUMNS
from survey_stats.weight.diagnostics.margins import grouped, margin_table, total_row, views
from survey_stats.weight.diagnostics.targets import TIMES, Moment, Target, text_of
from survey_stats.weight.levels import column_of

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

MOST_LISTED = 10
# benchmarks of the same variable that differ by more than this share disagree
_AGREE = 0.005


def against_targets(
    targets: Sequence[Target | Moment],
    by_step: Sequence[FloatArray],
    start: FloatArray,
    answered: BoolArray,
    groups: Sequence[str],
) -> tuple[pd.DataFrame, pd.DataFrame, list[tuple[str, float]]]:
    """The tables of margins and of balance, and variables whose benchmarks disagree."""
    after = by_step[-1]
    margin_rows = []
    found = list(views(targets))
    for view, given in found:
        around = (by_step[view.step - 1], by_step[view.step]) if view.step else None
        rows = margin_table(view, start, around, after, answered, given)
        rows["replaced"] = view.step > 0 and any(
            other.step > view.step
            and (other.variables, other.within) == (view.variables, view.within)
            and other.overlaps(view, answered)
            for other, _ in found
        )
        margin_rows.append(rows)
    for moment in (t for t in targets if isinstance(t, Moment) and np.isfinite(t.total)):
        k = moment.step
        rows = total_row(moment, start, (by_step[k - 1], by_step[k]), after, answered)
        rows["replaced"] = any(
            isinstance(t, Moment) and t.variable == moment.variable and t.step > k for t in targets
        )
        margin_rows.append(rows)
    shares_by: dict[tuple[str, bool], pd.DataFrame] = {}
    disagree: dict[str, float] = {}
    for key, parts in _by_variable(found, groups, answered).items():
        tables = [share_rows(p, start, after, answered, p.step > 0) for p in parts]
        shares_by[key] = tables[0]
        for part, other in zip(parts[1:], tables[1:], strict=True):
            worst = _difference(tables[0], other)
            if worst > _AGREE and not key[1] and not part.step:
                disagree[key[0]] = max(worst, disagree.get(key[0], 0.0))
    means: dict[str, pd.DataFrame] = {}
    for moment in sorted((t for t in targets if isinstance(t, Moment)), key=lambda m: -m.step):
        means.setdefault(moment.variable, mean_row(moment, start, after, answered, moment.step > 0))
    order = [f"{v.variables[-1]}" for v, _ in found]
    ranked = sorted(
        shares_by, key=lambda k: (k[1], order.index(k[0]) if k[0] in order else len(order))
    )
    found_rows = [*(shares_by[k] for k in ranked), *means.values()]
    balance = _joined(found_rows, BALANCE_COLUMNS)
    margins = _joined(margin_rows, (*MARGIN_COLUMNS, "replaced"))
    return margins, with_chance(balance), sorted(disagree.items())


def _joined(rows: Sequence[pd.DataFrame], columns: Sequence[str]) -> pd.DataFrame:
    """The rows in one frame, also where there are none."""
    if rows:
        return pd.concat(list(rows), ignore_index=True)
    texts = ("source", "variable", "level", "group", "within", "kind")
    return pd.DataFrame({c: pd.Series(dtype=object if c in texts else np.float64) for c in columns})


def _by_variable(
    found: Sequence[tuple[Target, bool]], groups: Sequence[str], answered: BoolArray
) -> dict[tuple[str, bool], list[Target]]:
    """Targets by variable, and by whether they are within groups; the first is what counts.

    The last step weighted last, and what it weighted to comes before benchmarks. Steps of
    different respondents (samples that were joined) are one target.
    """
    out: dict[tuple[str, bool], list[Target]] = {}
    for view, _ in sorted(found, key=lambda v: -v[0].step):
        for part in _parts(view, groups):
            own = TIMES.join(part.variables[part.within :])
            same = out.setdefault((own, part.within > 0), [])
            first = same[0] if same else None
            if first and first.step and part.step and not first.overlaps(part, answered):
                same[0] = first.beside(part)
            else:
                same.append(part)
    return out


def _parts(view: Target, groups: Sequence[str]) -> list[Target]:
    """Of a view, what balance is judged by: one variable, overall or within the groups of `by`."""
    own = view.variables[view.within :]
    if len(view.variables) == 1:
        return [] if view.size < 2 else [view]
    if view.within and len(own) == 1:
        return [view.over(own), view] if tuple(groups) == view.variables[: view.within] else [view]
    within = [g for g in groups if g in view.variables]
    if view.within or not groups or len(within) < len(groups):
        return []
    rest = [n for n in view.variables if n not in groups]
    return [grouped(view.over([*groups, name]), len(groups)) for name in rest]


def _difference(one: pd.DataFrame, other: pd.DataFrame) -> float:
    """The largest difference of the population's shares of the same levels."""
    keys = ["level", "group"]
    pair = one[[*keys, "target"]].merge(other[[*keys, "target"]], on=keys, how="outer")
    return float((pair["target_x"].fillna(0) - pair["target_y"].fillna(0)).abs().max())


def design_effects(
    values: FloatArray,
    frame: pd.DataFrame,
    answered: BoolArray,
    groups: Sequence[str],
    outcome: str | None,
) -> pd.DataFrame:
    """One row a group (one row where there are none)."""
    scores = None if outcome is None else _outcome(frame, outcome, answered)
    rows = []
    texts = [text_of(frame[g]) for g in groups]
    keys = pd.DataFrame(
        dict(zip(groups, texts, strict=True)), index=range(len(frame)), dtype=object
    )
    keys = keys[answered].fillna("")
    position = (
        keys.groupby(list(groups), sort=True).ngroup().to_numpy()
        if groups
        else np.zeros(int(answered.sum()), dtype=np.intp)
    )
    w = values[answered]
    for k in range(int(position.max()) + 1):
        here = position == k
        numbers = describe(w[here])
        row = dict(zip(groups, keys[here].iloc[0].tolist(), strict=True)) if groups else {}
        for name in ("n", "total", "cv", "max_over_median", "design_effect", "n_effective"):
            row[name] = numbers[name]
        if scores is not None:
            y = scores[here]
            known = np.isfinite(y)
            row["spencer"] = (
                spencer_design_effect(w[here][known], y[known]) if known.any() else float("nan")
            )
        rows.append(row)
    table = pd.DataFrame(rows)
    table.attrs["by"] = list(groups)
    if outcome is not None:
        table.attrs["outcome"] = outcome
    return table


def _outcome(frame: pd.DataFrame, name: str, answered: BoolArray) -> FloatArray:
    column = column_of(frame, name)
    try:
        values = column.to_numpy(dtype=np.float64, na_value=np.nan)[answered]
    except (TypeError, ValueError) as error:
        raise InputError(
            f"The outcome {name!r} must be numeric or boolean; code it as 0 and 1"
        ) from error
    return np.asarray(values, dtype=np.float64)


def largest(
    w: FloatArray,
    start: FloatArray,
    frame: pd.DataFrame,
    answered: BoolArray,
    columns: Sequence[str],
) -> pd.DataFrame:
    """The respondents with the largest weights, largest first."""
    rows = np.flatnonzero(answered)
    if w[rows].max() <= w[rows].min() * (1 + 1e-12):
        rows = rows[:0]
    rows = rows[np.argsort(-w[rows], kind="stable")][:MOST_LISTED]
    median = float(np.median(w[answered]))
    table = pd.DataFrame(
        {
            "position": rows,
            "index": frame.index[rows].to_numpy(),
            "weight": w[rows],
            "share": w[rows] / w.sum(),
            "times_median": w[rows] / median,
            "factor": w[rows] / start[rows],
        }
    )
    for name in columns:
        table[name] = frame[name].to_numpy()[rows]
    # how many more have a weight as large as the last that is listed
    alike = int(np.sum(w >= w[rows[-1]])) - rows.size if rows.size else 0
    table.attrs["tied"] = alike
    return table
