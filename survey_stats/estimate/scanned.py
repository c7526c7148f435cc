"""`ScannedSurvey`: respondents that stay where they are until a question is asked.

A question is answered from the combinations of the columns that it and the design need: an engine
counts them and sums their weights, and each becomes a row that stands for several respondents
(`design.Alike`), on which everything else is the same code as for a frame.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from survey_stats.errors import DesignError, InputError
from survey_stats.estimate.declaration import declare, require_alike_chances
from survey_stats.estimate.design import Alike, Design, LonelyRule, as_names
from survey_stats.estimate.estimates import Estimates
from survey_stats.estimate.replicates import (
    SIGNED_KINDS,
    ReplicateWeights,
    Zeros,
    check_kind,
    names_of,
    rank_of,
    with_sums,
)
from survey_stats.estimate.rows import WAVE, below, waves_among
from survey_stats.estimate.stacked import below_each_other
from survey_stats.estimate.where import domain, row_parts
from survey_stats.scan import (
    MOST_PRODUCTS,
    Collapsed,
    Further,
    Kinds,
    Source,
    WeightRange,
    collapse,
    look,
    open_source,
    weight_range,
)

if TYPE_CHECKING:
    from survey_stats.estimate.respondents import By
    from survey_stats.estimate.survey import Survey
    from survey_stats.estimate.testing import SurveyTest
    from survey_stats.explain.models import Model

# sums of powers of weights up to this one tell the effective df of a change
_POWERS = 6
# tables kept for the next question, and how large they may be
_KEPT = 2
_KEPT_ROWS = 1_000_000
_COUNTED_ONCE = "_survey_stats_weight"

Step = Callable[["Survey"], "Survey"]


class ScannedSurvey:
    """A table too large for memory with its sampling design.

    Made by `Survey.scan`, or by `Survey` of anything but a pandas DataFrame. It answers `share`,
    `mean`, `total`, `ratio`, `quantile`, `median`, `independence` and `t_test`, can be calibrated,
    and goes into `change`; each reads the columns that it needs and collects nothing but their
    combinations. What needs every respondent by himself says so before anything is read.

    Attributes
    ----------
    source: the table
    name, wave: said on every result
    """

    def __init__(
        self,
        data: Any,
        weights: str | None = None,
        strata: str | Sequence[str] | None = None,
        clusters: str | Sequence[str] | None = None,
        fpc: str | Sequence[str] | None = None,
        lonely_psu: LonelyRule = "error",
        *,
        lonely_domain: bool = False,
        nest: bool = True,
        replicates: ReplicateWeights | None = None,
        name: str | None = None,
        wave: object = None,
        codings: Mapping[str, str] | None = None,
    ) -> None:
        if weights is not None and not isinstance(weights, str):
            raise InputError(
                "The weights of a table that is scanned are a column of it; name the column, and "
                "adjust with calibrate"
            )
        self.source: Source = data if isinstance(data, Source) else open_source(data)
        self.name = name
        self.wave = wave
        self.codings = dict(codings or {})
        self._weights = weights
        self._columns = [*as_names(strata), *as_names(clusters), *as_names(fpc)]
        self._declared = (strata, clusters, fpc, lonely_psu, lonely_domain, nest)
        self._units_are_rows = not as_names(clusters)
        self._private = _COUNTED_ONCE
        while self._private in self.source.columns:
            self._private += "_"
        self._known: WeightRange = weight_range(self.source, weights, self._columns)
        self._given = replicates
        self._further: tuple[Further, ...] = ()
        self._df = 0.0
        if replicates is not None:
            if self._columns:
                raise InputError(
                    "Replicate weights already hold the design; leave strata, clusters and fpc out"
                )
            self._further, self._df = _replicates(self.source, weights, replicates)
        self._steps: tuple[tuple[tuple[str, ...], Step], ...] = ()
        self._kept: dict[object, Survey] = {}
        self._several_waves: bool | None = None

    def __repr__(self) -> str:
        title = " ".join(str(p) for p in ("Survey", self.name, self.wave) if p is not None)
        weighted = f"weights {self._weights}" if self._weights else "unweighted"
        return (
            f"<{title} in {self.source.title} ({self.source.engine}): {self._known.rows} "
            f"respondents, {weighted}, design {', '.join(self._columns) or 'simple'}>"
        )

    def __len__(self) -> int:
        return self._known.rows

    @property
    def columns(self) -> list[str]:
        """Names of the columns of the table."""
        return self.source.columns

    def share(
        self,
        question: str | Sequence[str],
        by: By = None,
        where: Any = None,
        of: object = None,
        **options: Any,
    ) -> Estimates:
        """As `Survey.share`."""
        return self._each("share", question, by, where, {"of": of, **options})

    def mean(
        self, question: str | Sequence[str], by: By = None, where: Any = None, **options: Any
    ) -> Estimates:
        """As `Survey.mean`; every distinct number is a row, so round what is continuous."""
        return self._each("mean", question, by, where, options)

    def total(
        self,
        question: str | Sequence[str] | None = None,
        by: By = None,
        where: Any = None,
        **options: Any,
    ) -> Estimates:
        """As `Survey.total`."""
        return self._each("total", question, by, where, options)

    def ratio(
        self, numerator: str, denominator: str, by: By = None, where: Any = None, **options: Any
    ) -> Estimates:
        """As `Survey.ratio`."""
        survey = self._holding([numerator, denominator], by, where, together=True)
        return survey.ratio(numerator, denominator, by, where, **options)

    def quantile(
        self,
        question: str | Sequence[str],
        probs: float | Sequence[float] = 0.5,
        by: By = None,
        where: Any = None,
        **options: Any,
    ) -> Estimates:
        """As `Survey.quantile`."""
        return self._each("quantile", question, by, where, {"probs": probs, **options})

    def median(
        self, question: str | Sequence[str], by: By = None, where: Any = None, **options: Any
    ) -> Estimates:
        """As `Survey.median`."""
        return self._each("median", question, by, where, options)

    def independence(self, row: str, column: str, where: Any = None, **options: Any) -> SurveyTest:
        """As `Survey.independence`."""
        survey = self._holding([row, column], None, where, together=True)
        return survey.independence(row, column, where, **options)

    def t_test(
        self, question: str, by: str | None = None, where: Any = None, **options: Any
    ) -> SurveyTest:
        """As `Survey.t_test`."""
        return self._holding(question, by, where).t_test(question, by, where, **options)

    def glm(
        self,
        formula: str,
        family: str = "binomial",
        where: Any = None,
        *,
        also: str | Sequence[str] = (),
        offset: str | None = None,
        **options: Any,
    ) -> Model:
        """As `Survey.glm`; `also` names the columns of `by` of its margins.

        The equations of a model are sums over respondents who are alike.
        """
        from survey_stats.explain.models.formula import parse

        known = self.columns
        parsed = parse(formula, known, offset)
        if not (parsed.rowwise and parsed.rowwise_response):
            raise InputError(
                f"The formula {formula!r}, or its offset, looks at all respondents at once, as "
                "poly(), bs() and scale() do; of a table that is scanned make the column before, "
                "or read the respondents into a frame"
            )
        needed = [*parsed.response_columns, *parsed.columns, *as_names(also)]
        survey = self._holding(list(dict.fromkeys(needed)), None, where, together=True)
        return survey.glm(formula, family, where, offset=offset, **options)

    def calibrate(self, margins: object, **options: Any) -> ScannedSurvey:
        """As `Survey.calibrate`: the factors need nothing but the crossed margins.

        Raises `InputError` for what needs respondents one by one: `household=` and
        `bounds_on="weight"`.
        """
        from survey_stats.weight.calibration.targets import read_targets

        if options.get("household") is not None or options.get("bounds_on") == "weight":
            raise InputError(
                "Calibration of a table that is scanned has one factor for those alike; households "
                "and bounds on single weights need a frame in memory"
            )
        within = as_names(options.get("by"))
        targets = read_targets(margins, self.source.empty(), within)
        named = [c for t in targets for c in (*t.columns, *([t.number] if t.number else []))]
        needed = list(dict.fromkeys([*within, *named]))
        self.source.require(needed, "margin column")
        twin = object.__new__(ScannedSurvey)
        twin.__dict__.update(self.__dict__)
        step: Step = lambda survey: survey.calibrate(margins, **options)  # noqa: E731
        twin._steps = (*self._steps, (tuple(needed), step))
        twin._kept = {}
        return twin

    @property
    def frame(self) -> pd.DataFrame:
        """Raises `InputError`: there is no frame."""
        raise self._by_himself()

    @property
    def design(self) -> Design:
        """Raises `InputError`: there is no design without respondents."""
        raise self._by_himself()

    def _by_himself(self) -> InputError:
        return InputError(
            f"This needs every respondent by himself, and {self.source.title} is scanned; read the "
            "columns that it needs into a frame and make a Survey of it"
        )

    def _each(
        self,
        statistic: str,
        questions: str | Sequence[str] | None,
        by: By,
        where: Any,
        options: Mapping[str, Any],
    ) -> Estimates:
        """A statistic of several questions, whose tables are made in as few passes as may be.

        What respondents said to two questions is only asked for when a covariance is.
        """
        names = as_names(questions)

        def ask(survey: Survey, asked: str | Sequence[str] | None) -> Estimates:
            found: Estimates = getattr(survey, statistic)(asked, by=by, where=where, **options)
            return found

        waves = self._waves(names, by, where)
        if len(names) < 2:
            found = ask(self._holding(names, by, where), questions)
            return replace(found, metadata=found.metadata.but(waves=waves))
        shared, kinds = self._shared(names, by, where)
        tables = self._collapse(shared, [[name] for name in names], kinds)
        parts: list[Estimates] = []
        for name, table in zip(names, tables, strict=True):
            part = ask(self._survey([table]), name)
            # a result holds its design, which is as large as its table; one is enough
            first = parts[0] if parts else part
            parts.append(replace(part, design=first.design, _scores=first._scores))
        found = below(parts, lambda: ask(self._holding(names, by, where), names).scores())
        return replace(found, metadata=found.metadata.but(waves=waves))

    def _waves(self, names: Sequence[str], by: By, where: Any) -> tuple[str, ...]:
        """The waves that a result counts together, as `Metadata.waves`."""
        if self.wave is not None or WAVE not in self.columns or WAVE in as_names(by):
            return ()
        inside, kinds = _inside([] if where is None else [where], self.columns, [WAVE, *names])
        if self._several_waves is None:
            try:
                (held,) = collapse(self.source, [WAVE], None, self._known)
                self._several_waves = bool(waves_among(held.frame, [], None))
            except InputError:
                # a column of another kind that happens to have the name
                self._several_waves = False
        if not self._several_waves:
            return ()
        each = [[name] for name in names] or [[]]
        tables = collapse(self.source, [WAVE, *inside], None, self._known, kinds=kinds, each=each)
        among = [waves_among(t.frame, n, where) for t, n in zip(tables, each, strict=True)]
        common = [wave for wave in among[0] if all(wave in other for other in among)]
        return tuple(common) if len(common) > 1 else ()

    def _shared(self, names: Sequence[str], by: By, where: Any) -> tuple[list[str], Kinds | None]:
        """The columns that every question about these columns needs, all of them checked.

        `where` is a domain or a list of them. Columns that only the domains name come apart, see
        `_inside`.
        """
        domains = where if isinstance(where, list) else [] if where is None else [where]
        groups = as_names(by)
        steps = [name for columns, _ in self._steps for name in columns]
        shared = [*self._columns, *groups, *steps]
        # which waves a result counts together is read from their column
        inside, kinds = _inside(domains, self.columns, [WAVE, *shared, *names])
        for name in (*names, *groups, *inside, *(kinds.columns if kinds else ())):
            self.source.require([name], "column")
            if name == self._weights:
                raise InputError(
                    f"{name!r} is the weight of the table; to ask about it, copy it into a column "
                    "of another name"
                )
        return list(dict.fromkeys([*shared, *inside])), kinds

    def _holding(
        self,
        questions: str | Sequence[str],
        by: By = None,
        where: Any = None,
        together: bool = False,
    ) -> Survey:
        """A Survey of the combinations of these columns and those of the design.

        Questions that are not needed `together` are collapsed one at a time where that loses
        nothing, and stand below each other.
        """
        names = as_names(questions)
        shared, kinds = self._shared(names, by, where)
        alone = len(set(names)) == len(names) and not set(names) & set(shared)
        apart = len(names) > 1 and alone
        apart = apart and not (together or self._units_are_rows or self._steps)
        domains = "" if kinds is None else repr(where)
        key = tuple(shared), tuple(names), domains, apart
        if key not in self._kept:
            each = [[n] for n in names] if apart else [names]
            made = self._survey(list(self._collapse(shared, each, kinds)))
            if len(made) > _KEPT_ROWS:
                return made
            if len(self._kept) >= _KEPT:
                self._kept.pop(next(iter(self._kept)))
            self._kept[key] = made
        return self._kept[key]

    def _collapse(
        self, shared: Sequence[str], each: Sequence[Sequence[str]], kinds: Kinds | None
    ) -> Iterator[Collapsed]:
        degree = _POWERS if self._units_are_rows else 2
        if self._given is not None:
            degree = 2
        return collapse(
            self.source, shared, self._weights, self._known, degree, self._further, each, kinds
        )

    def _survey(self, tables: Sequence[Collapsed]) -> Survey:
        from survey_stats.estimate.survey import survey_of

        weights = self._weights
        if weights is None or weights in tables[0].frame:
            weights = self._private
        frames = [t.frame.assign(**{weights: t.weights}) for t in tables]
        frame = frames[0] if len(frames) == 1 else below_each_other(frames)
        alike = Alike(
            np.concatenate([t.count for t in tables]),
            tuple(np.concatenate(p) for p in zip(*(t.powers for t in tables), strict=True)),
        )
        strata, clusters, fpc, lonely_psu, lonely_domain, nest = self._declared
        design = declare(
            frame, weights, strata, clusters, fpc, lonely_psu, lonely_domain, nest, alike
        )
        if self._weights is None:
            require_alike_chances(design.stages[-1])
        frame.attrs["synthetic"] = self.source.synthetic
        if self._given is not None:
            sums = np.concatenate([np.column_stack(list(t.others.values())) for t in tables])
            design = with_sums(design, self._given, sums, self._df)
        survey = survey_of(frame, self._told(design), self.name, self.wave, self.codings)
        for _, step in self._steps:
            survey = step(survey)
        return survey

    def _told(self, design: Design) -> Design:
        """`design` with the respondents of the table in its description."""
        _, _, rest = design.text.partition(", ")
        told = "unweighted" if self._weights is None else f"weights {self._weights}"
        rest = rest.replace(f"weights {self._private}", told)
        text = f"{self._known.rows} respondents, {rest}"
        return replace(design, text=text, origin=self.source.origin)


def _inside(
    domains: Sequence[str], known: Sequence[str], needed: Sequence[str]
) -> tuple[list[str], Kinds | None]:
    """Columns of the domains that are keys, and those of which only who is inside matters.

    The parts of a domain that name a column that is `needed` otherwise have all theirs as keys.
    """
    parts = [row_parts(where, known) for where in domains]
    keys: set[str] = set(needed)
    for _ in known:
        touched = {c for d in parts for _, names in d if keys & set(names) for c in names}
        if touched <= keys:
            break
        keys |= touched
    named = list(dict.fromkeys(c for d in parts for _, names in d for c in names))
    apart = [[text for text, names in d if names and not keys & set(names)] for d in parts]
    private = tuple(c for c in named if c not in keys)
    kinds = Kinds(private, partial(_domains, apart)) if private else None
    return [c for c in named if c in keys], kinds


def _domains(domains: Sequence[Sequence[str]], frame: pd.DataFrame) -> NDArray[np.int64]:
    """In which of the domains each row is by these parts, as the bits of a number; (n,)."""
    kind = np.zeros(len(frame), dtype=np.int64)
    for parts in domains:
        inside = np.ones(len(frame), dtype=bool)
        for part in parts:
            inside &= domain(frame, part)
        kind = 2 * kind + inside
    return kind


def _replicates(
    source: Source, weights: str | None, given: ReplicateWeights
) -> tuple[tuple[Further, ...], float]:
    """The columns of the replicate weights, checked, and their df."""
    names = names_of(source.empty(), given)
    if given.df is None and len(names) > MOST_PRODUCTS:
        raise DesignError(
            f"The df of {len(names)} replicate weights are found from a frame in memory; give them "
            "in ReplicateWeights(df=)"
        )
    signed, products = given.kind in SIGNED_KINDS, given.df is None
    seen = look(source, names, weights, given.combined, signed, products)
    check_kind(given, names, seen.ratio, Zeros(seen.dropped, seen.least, seen.most))
    df = given.df if seen.products is None else rank_of(seen.products) - 1
    assert df is not None
    largest = seen.largest.tolist()
    further = [Further(n, m, not given.combined) for n, m in zip(names, largest, strict=True)]
    return tuple(further), float(df)


def resident(survey: Any, *columns: str | Sequence[str] | None, where: Sequence[Any] = ()) -> Any:
    """`survey`, or of one that is scanned the Survey of these columns; anything else as it is.

    Raises `InputError` where a domain of one that is scanned is no expression.
    """
    if not isinstance(survey, ScannedSurvey):
        return survey
    names = [name for part in columns for name in as_names(part)]
    domains = [w for w in where if w is not None]
    return survey._holding(names, None, domains, together=True)
