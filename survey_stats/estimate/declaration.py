"""A sampling design read from the columns of a frame, and checked before any number is computed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, get_args

import numpy as np
import pandas as pd

from survey_stats.errors import DesignError, InputError, enumerate_first
from survey_stats.estimate.columns import (
    Bools,
    Coded,
    Floats,
    Ints,
    code,
    column,
    cross,
    numbers,
    split,
)
from survey_stats.estimate.design import Alike, Declared, Design, LonelyRule, Stage, as_names


def declare(
    frame: pd.DataFrame,
    weights: str | None,
    strata: str | Sequence[str] | None,
    clusters: str | Sequence[str] | None,
    fpc: str | Sequence[str] | None,
    lonely_psu: LonelyRule,
    lonely_domain: bool = False,
    nest: bool = True,
    alike: Alike | None = None,
) -> Design:
    """Read the design columns of `frame` and check them; see `Survey` for the arguments.

    `alike` says that rows stand for several respondents.

    Raises `DesignError` naming the first few offending rows or strata.
    """
    if lonely_psu not in get_args(LonelyRule):
        rules = ", ".join(get_args(LonelyRule))
        raise InputError(f"lonely_psu={lonely_psu!r} is not a rule; use one of {rules}")
    if len(frame) == 0:
        raise InputError("The frame has no rows; a survey needs respondents")
    strata_names, cluster_names, fpc_names = as_names(strata), as_names(clusters), as_names(fpc)
    weight = read_weights(frame, weights)
    inside = weight > 0
    if len(fpc_names) > max(1, len(cluster_names)):
        raise DesignError(
            f"fpc names {len(fpc_names)} columns for {max(1, len(cluster_names))} stage(s); "
            "give one a stage, in the order of clusters"
        )
    stratum, labels = _strata(frame, strata_names)
    if not inside.all():
        _no_empty_stratum(weight, stratum, labels)
    stages: list[Stage] = []
    above, carried = stratum, np.ones(labels.size)
    for depth in range(max(1, len(cluster_names))):
        unit, unit_above = _units(frame, cluster_names, depth, above, stages, nest, labels, alike)
        rows = _Rows(frame, inside, alike)
        stage = _stage(rows, unit, unit_above, above, fpc_names, depth, carried, labels)
        if stage.n_units < 2:
            raise DesignError(
                "The design has one primary sampling unit; a variance needs two or more"
            )
        lonely = np.flatnonzero(stage.lonely)
        if lonely.size:
            if lonely_psu == "error":
                raise _lonely_error(stage, lonely, labels, depth)
            if lonely_psu == "collapse" and depth == 0:
                stage = _collapse(stage)
        stages.append(stage)
        if unit is None or stage.unit_stratum is None or not stage.fraction.any():
            break
        if depth + 1 >= len(fpc_names):
            break
        above = unit
        carried = (stage.carried * stage.fraction)[stage.unit_stratum]
        labels = _inner(labels, stage.unit_stratum)
    if weights is None:
        require_alike_chances(stages[-1])
    first = stages[0]
    return Design(
        weight,
        tuple(stages),
        None if inside.all() else inside,
        lonely_psu,
        lonely_domain,
        describe(
            _respondents(len(frame), alike), weights, strata_names, cluster_names, fpc_names, first
        ),
        Declared(weights, tuple(strata_names), tuple(cluster_names), tuple(fpc_names), nest),
        alike=alike,
    )


def require_alike_chances(last: Stage) -> None:
    """Refuse respondents without weights whose fractions tell of unequal chances.

    `last` is the last stage; `DesignError` where respondents are its units and their numbers are
    in no proportion to the sizes.
    """
    if last.unit is not None:
        return
    chance = last.carried * last.fraction
    if not (chance > 0).all():
        return
    population = last.size / chance
    proportional = population * (last.size.sum() / population.sum())
    # a stratum takes a whole number, the nearest above or below
    if (np.abs(last.size - proportional) < 1).all():
        return
    raise DesignError(
        f"By the fpc, respondents had chances between {chance.min():.3g} and {chance.max():.3g} of "
        "being drawn, and there are no weights; name the weights (1 over the chance, if nothing "
        "else is known), or a column of ones to count everybody once"
    )


def _respondents(rows: int, alike: Alike | None) -> int:
    return rows if alike is None else int(alike.count.sum())


def read_weights(frame: pd.DataFrame, name: str | None) -> Floats:
    """Weights as float64 of shape (n,); ones when `name` is None."""
    if name is None:
        return np.ones(len(frame))
    raw = column(frame, name, "weight column")
    try:
        weight = raw.to_numpy(dtype=np.float64, na_value=np.nan)
    except (TypeError, ValueError) as error:
        raise DesignError(f"The weights {name!r} are not numbers; read them as numbers") from error
    if weight.min() > 0 and np.isfinite(weight.sum()):
        return weight
    for bad, what in (
        (np.isnan(weight), "missing"),
        (np.isinf(weight), "infinite"),
        (weight < 0, "negative"),
    ):
        if bad.any():
            rows = np.flatnonzero(bad)
            raise DesignError(
                f"The weights {name!r} are {what} in {rows.size} rows "
                f"(rows {enumerate_first(rows.tolist())}); correct or remove these respondents"
            )
    if not weight.any():
        raise DesignError(f"The weights {name!r} are all zero; give the weights of the sample")
    return weight


def describe(
    n: int,
    weights: str | None,
    strata: Sequence[str],
    clusters: Sequence[str],
    fpc: Sequence[str],
    first: Stage,
) -> str:
    """The design in one line, for reprs and metadata."""
    parts = [f"{n} respondents", f"weights {weights}" if weights else "unweighted"]
    if strata:
        parts.append(f"{first.n_strata} strata ({' x '.join(strata)})")
    if clusters:
        parts.append(f"{first.n_units} PSUs ({' > '.join(clusters)})")
    if fpc:
        parts.append(f"fpc {', '.join(fpc)}")
    return ", ".join(parts)


@dataclass(frozen=True)
class _Labels:
    """Names of strata for messages, put together only when one is asked for."""

    size: int
    name: Callable[[int], str]

    def first(self, which: Ints) -> str:
        """The first few of these strata as text."""
        return enumerate_first(_Named(which, self.name))


class _Named(Sequence[str]):
    def __init__(self, which: Ints, name: Callable[[int], str]) -> None:
        self.which, self.name = which, name

    def __len__(self) -> int:
        return self.which.size

    def __getitem__(self, i: Any) -> Any:
        if isinstance(i, slice):
            return [self.name(w) for w in self.which[i].tolist()]
        return self.name(int(self.which[i]))


def _strata(frame: pd.DataFrame, names: Sequence[str]) -> tuple[Ints, _Labels]:
    if not names:
        return np.zeros(len(frame), dtype=np.int32), _Labels(1, lambda _: "all")
    coded = [_complete(frame, name, "stratum") for name in names]
    sizes = [len(c.labels) for c in coded]
    codes, present = cross([c.codes for c in coded], sizes, complete=True)

    def name_of(h: int) -> str:
        parts = split(present[h : h + 1], sizes)
        return " x ".join(str(c.labels[int(p[0])]) for c, p in zip(coded, parts, strict=True))

    return codes, _Labels(present.size, name_of)


def _inner(outer: _Labels, unit_stratum: Ints) -> _Labels:
    """Names of the units of a stage, which are the strata of the next."""
    return _Labels(unit_stratum.size, lambda i: f"{outer.name(int(unit_stratum[i]))} unit {i + 1}")


def _complete(frame: pd.DataFrame, name: str, what: str) -> Coded:
    coded = code(column(frame, name, f"{what} column"))
    if coded.missing.any():
        rows = np.flatnonzero(coded.missing)
        raise DesignError(
            f"The {what} column {name!r} is missing in {rows.size} rows "
            f"(rows {enumerate_first(rows.tolist())}); every respondent belongs to one"
        )
    return coded


def _no_empty_stratum(weight: Floats, stratum: Ints, labels: _Labels) -> None:
    empty = np.flatnonzero(np.bincount(stratum, weight, minlength=labels.size) == 0)
    if empty.size:
        names = labels.first(empty)
        raise DesignError(
            f"All weights are zero in {empty.size} strata ({names}); "
            "correct the weights or leave these strata out of the sample"
        )


def _units(
    frame: pd.DataFrame,
    clusters: Sequence[str],
    depth: int,
    above: Ints,
    stages: Sequence[Stage],
    nest: bool,
    labels: _Labels,
    alike: Alike | None,
) -> tuple[Ints | None, Ints | None]:
    """Codes of the units of this stage by row, and the stratum of each unit.

    Both are None where every row is its own unit.
    """
    if not clusters:
        return None, None
    coded = _complete(frame, clusters[depth], "cluster")
    if not nest:
        _check_nesting(coded, above, clusters, depth, labels)
    n_above = stages[-1].n_units if stages else labels.size
    sizes = [n_above, len(coded.labels)]
    codes, present = cross([above, coded.codes], sizes, complete=True)
    if present.size == _respondents(len(frame), alike):
        return None, None
    return codes, split(present, sizes)[0].astype(np.int32)


def _check_nesting(
    coded: Coded, above: Ints, clusters: Sequence[str], depth: int, labels: _Labels
) -> None:
    lowest = np.full(len(coded.labels), np.iinfo(np.int64).max)
    highest = np.full(len(coded.labels), -1)
    np.minimum.at(lowest, coded.codes, above)
    np.maximum.at(highest, coded.codes, above)
    wrong = np.flatnonzero(lowest < highest)
    if wrong.size:
        first: int = wrong.tolist()[0]
        one, other = labels.name(int(lowest[first])), labels.name(int(highest[first]))
        names = enumerate_first([str(coded.labels[i]) for i in wrong.tolist()])
        raise DesignError(
            f"{wrong.size} units of {clusters[depth]!r} ({names}) lie in more than one stratum, "
            f"{coded.labels[first]} in {one} and {other}; "
            "correct the codes, or use nest=True if codes are reused between strata"
        )


@dataclass(frozen=True)
class _Rows:
    """The frame, which of its rows have a weight (n,), and what they stand for."""

    frame: pd.DataFrame
    inside: Bools
    alike: Alike | None

    def sampled(self, stratum: Ints, n_strata: int) -> Ints:
        """Respondents by stratum; (n_strata,)."""
        # one of weight zero was not sampled
        each = self.inside if self.alike is None else self.inside * self.alike.count
        if self.alike is None and self.inside.all():
            return np.bincount(stratum, minlength=n_strata)
        return np.rint(np.bincount(stratum, each, minlength=n_strata)).astype(np.int64)


def _stage(
    rows: _Rows,
    unit: Ints | None,
    unit_stratum: Ints | None,
    above: Ints,
    fpc: Sequence[str],
    depth: int,
    carried: Floats,
    labels: _Labels,
) -> Stage:
    n_strata = labels.size
    if unit_stratum is None:
        # a PSU without eligible members was sampled
        size = rows.sampled(above, n_strata)
    else:
        size = np.bincount(unit_stratum, minlength=n_strata)
    fraction = np.zeros(n_strata)
    if depth < len(fpc):
        fraction = _fractions(rows.frame, fpc[depth], above, size, labels)
    return Stage(unit, above, unit_stratum, size, fraction, carried)


def _fractions(
    frame: pd.DataFrame, name: str, stratum: Ints, size: Ints, labels: _Labels
) -> Floats:
    """Sampled fraction of each stratum from a column of population sizes or of fractions."""
    values = numbers(column(frame, name, "fpc column"))
    bad = np.isnan(values) | (values <= 0)
    if bad.any():
        rows = enumerate_first(np.flatnonzero(bad).tolist())
        raise DesignError(
            f"The fpc {name!r} is missing or not positive in {bad.sum()} rows (rows {rows}); "
            "give population sizes or sampling fractions"
        )
    if (values < 1).any() and (values > 1).any():
        rows = enumerate_first(np.flatnonzero(values < 1).tolist())
        raise DesignError(
            f"The fpc {name!r} mixes sizes (over 1) and fractions (under 1: rows {rows}); "
            "give one kind"
        )
    lowest = np.full(size.size, np.inf)
    highest = np.full(size.size, -np.inf)
    np.minimum.at(lowest, stratum, values)
    np.maximum.at(highest, stratum, values)
    vary = np.flatnonzero(lowest < highest)
    if vary.size:
        names = labels.first(vary)
        told = "make it constant"
        if (values <= 1).all():
            told += (
                "; where units had unequal chances of being drawn, give weights of 1 over the "
                "chance and no fpc, which counts them as drawn with replacement"
            )
        raise DesignError(f"The fpc {name!r} varies within {vary.size} strata ({names}); {told}")
    # a column of ones is ambiguous: as sizes it is only right where a stratum has one unit,
    # as fractions it is a census; both mean that nothing is left to sample
    if (values <= 1).all():
        return highest
    small = np.flatnonzero(highest < size)
    if small.size:
        names = enumerate_first(
            [f"{labels.name(i)}: {highest[i]:g} < {size[i]}" for i in small.tolist()]
        )
        raise DesignError(
            f"The fpc {name!r} is smaller than the sample in {small.size} strata ({names}); "
            "it must be the population size of the stratum"
        )
    fraction: Floats = size / highest
    return fraction


def _lonely_error(stage: Stage, lonely: Ints, labels: _Labels, depth: int) -> DesignError:
    names = labels.first(lonely)
    unit = "sampling unit" if depth else "PSU"
    return DesignError(
        f"{lonely.size} of {stage.n_strata} strata have a single {unit} at stage {depth + 1} "
        f"({names}); choose lonely_psu='certainty', 'adjust', 'average' or 'collapse'"
    )


def _collapse(stage: Stage) -> Stage:
    """Merge each stratum that has one unit with the next stratum (the last with the one before).

    Strata are in sorted order, so declaring them by codes that neighbour alike strata chooses
    the partner (Wolter 2007, Introduction to Variance Estimation, section 2.5).
    """
    lonely = stage.lonely
    target = np.zeros(stage.n_strata, dtype=np.int32)
    group, units, open_ = -1, 0, False
    for h in range(stage.n_strata):
        if not open_:
            group, units = group + 1, 0
        target[h] = group
        units += int(stage.size[h])
        open_ = bool(lonely[h]) and units < 2
    if open_ and group > 0:
        target[target == group] = group - 1
    n_new = int(target.max()) + 1
    size = np.bincount(target, stage.size, minlength=n_new).astype(np.int64)
    population = np.where(
        stage.fraction > 0, stage.size / np.where(stage.fraction > 0, stage.fraction, 1), np.inf
    )
    total = np.bincount(target, population, minlength=n_new)
    # strata that no merger touched keep their fraction to the last digit
    merged = np.bincount(target, minlength=n_new) > 1
    fraction = np.where(merged, np.where(np.isinf(total), 0.0, size / total), 0.0)
    alone = ~merged[target]
    fraction[target[alone]] = stage.fraction[alone]
    carried = np.ones(n_new)
    stratum = target[stage.stratum]
    unit_stratum = None if stage.unit_stratum is None else target[stage.unit_stratum]
    return Stage(stage.unit, stratum, unit_stratum, size, fraction, carried)
