"""Which areas either survey covers, by municipalities and districts, and the common ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from survey_stats.errors import InputError, enumerate_first
from survey_stats.explain.disagreement.cells import Bools
from survey_stats.explain.disagreement.sample import Sample
from survey_stats.explain.disagreement.spelling import lookalikes
from survey_stats.explain.disagreement.universe import AREAS, common_areas
from survey_stats.explain.disagreement.words import listed
from survey_stats.labels import Language, number, word

DISTRICT, MUNICIPALITY = AREAS
_MOST = 4


@dataclass(frozen=True, eq=False)
class Geography:
    """Where the respondents of a domain live, against what the other survey covers.

    Attributes
    ----------
    within: respondents of the domain in areas that both cover, (n,) each
    common: those areas, where anybody is outside; else none
    elsewhere: areas that one survey alone covers, of either
    asked: respondents of the domain, of either survey
    unclear: why it cannot be told whether both cover the same, in Swedish and English
    restricted: whether those outside are left out
    """

    within: tuple[Bools, Bools]
    common: tuple[str, ...]
    elsewhere: tuple[tuple[str, ...], tuple[str, ...]]
    asked: tuple[int, int]
    unclear: tuple[tuple[str, str], ...] = ()
    restricted: bool = True

    @property
    def outside(self) -> tuple[int, int]:
        """Respondents of either survey who live outside the common areas."""
        one, two = (n - int(w.sum()) for n, w in zip(self.asked, self.within, strict=True))
        return one, two

    def told(self, names: tuple[str, str], lang: Language = "sv") -> tuple[str, ...]:
        """What a reader must know; empty where both cover the same. `names` are the surveys'."""
        sv = lang == "sv"
        out = []
        for side, n in enumerate(self.outside):
            if not n:
                continue
            where = _some(self.elsewhere[side], lang)
            where = f" ({where})" if where else ""
            count, of = number(n, 0, lang), number(self.asked[side], 0, lang)
            out.append(
                f"{count} av {of} svarande i {names[side]} bor i områden som {names[1 - side]} "
                f"inte har några svarande i{where}"
                if sv
                else f"{count} of {of} respondents in {names[side]} live in areas that "
                f"{names[1 - side]} has no respondents in{where}"
            )
        if out:
            only = _some(self.common, lang)
            if self.restricted:
                out.append(
                    f"de räknas inte i övriga delar, som gäller {only}"
                    if sv
                    else f"the other parts leave them out and are about {only}"
                )
            else:
                out.append(
                    "de räknas med, så att skillnaden också är en skillnad mellan områden"
                    if sv
                    else "they are counted, so that the difference is one between areas too"
                )
        return (*(["; ".join(out)] if out else []), *(u[0 if sv else 1] for u in self.unclear))


def _some(names: Sequence[str], lang: Language) -> str:
    more = len(names) - _MOST
    shown = [word(n, lang) for n in names[:_MOST]]
    if more > 0:
        return f"{', '.join(shown)} {'och' if lang == 'sv' else 'and'} {more} " + (
            "till" if lang == "sv" else "more"
        )
    return listed(shown, lang)


def find_geography(samples: tuple[Sample, Sample], restrict: bool = True) -> Geography:
    """The areas that both surveys cover, by their municipalities and districts.

    What a survey covers are the areas that any of its respondents lives in, inside the domain or
    not. Who has no known area is outside where his survey covers more than the other. Where the
    codebooks say that a wave asked in some areas only, `find_universe` follows them instead.

    Raises `InputError` where the surveys are to be restricted and have no area in common.
    """
    frames = [s.survey.frame for s in samples]
    kept = [s.inside.copy() for s in samples]
    asked = int(kept[0].sum()), int(kept[1].sum())
    if common_areas(samples[0].survey, samples[1].survey):
        return Geography((kept[0], kept[1]), (), ((), ()), asked, (), restrict)
    elsewhere: list[list[str]] = [[], []]
    common: list[str] = []
    unclear: list[tuple[str, str]] = []
    for column in (MUNICIPALITY, DISTRICT):
        has = [column in f.columns for f in frames]
        if not all(has):
            continue
        covered = [list(_covered(s, column)) for s in samples]
        if not all(covered):
            continue
        both = [a for a in covered[0] if a in covered[1]]
        alike = lookalikes(*covered)
        if alike:
            pairs = ", ".join(f"{a!r} / {b!r}" for a, b in alike[:3])
            unclear.append(
                (
                    f"områdena ({word(column)}) är skrivna på olika sätt ({pairs}); om båda "
                    "täcker samma områden går inte att avgöra",
                    f"areas ({column}) are spelled in two ways ({pairs}), so that it cannot be "
                    "told whether both surveys cover the same areas; spell them alike",
                )
            )
            continue
        if not both:
            if restrict:
                raise InputError(
                    f"The surveys have no {column} in common: the first has "
                    f"{enumerate_first(covered[0], 3)}, the second "
                    f"{enumerate_first(covered[1], 3)}; universe=None compares them all the "
                    "same"
                )
            unclear.append(
                (
                    f"undersökningarna har inget område gemensamt ({word(column)}); skillnaden "
                    "är också en skillnad mellan områden",
                    f"the surveys have no {column} in common; the difference is one between "
                    "areas too",
                )
            )
            continue
        for side in (0, 1):
            extra = [a for a in covered[side] if a not in both]
            values = frames[side][column].astype(object).map(str, na_action="ignore")
            if extra:
                inside = values.isin(both).to_numpy()
                if column == DISTRICT:
                    # a municipality without districts is settled by its own column
                    inside = inside | (values.isna().to_numpy() & has_both(frames, MUNICIPALITY))
                elsewhere[side] += extra
                kept[side] &= inside
        if set(covered[0]) != set(covered[1]):
            common = both
    unclear += _blank_districts(samples, kept, elsewhere, common)
    within = kept[0], kept[1]
    lost = any(n > int(w.sum()) for n, w in zip(asked, within, strict=True))
    return Geography(
        within,
        tuple(common) if lost else (),
        (tuple(elsewhere[0]), tuple(elsewhere[1])) if lost else ((), ()),
        asked,
        tuple(unclear),
        restrict,
    )


def has_both(frames: Sequence[pd.DataFrame], column: str) -> bool:
    """Whether both frames have a column."""
    return all(column in f.columns for f in frames)


def _covered(sample: Sample, column: str) -> dict[str, None]:
    """The areas that a survey's respondents live in, in the order of the frame."""
    survey = sample.survey
    rows = survey.design.weights > 0 if survey.design.inside is None else survey.design.inside
    values = survey.frame.loc[np.asarray(rows), column].dropna().unique()
    return dict.fromkeys(str(v) for v in values)


def _blank_districts(
    samples: tuple[Sample, Sample],
    kept: list[Bools],
    elsewhere: list[list[str]],
    common: list[str],
) -> list[tuple[str, str]]:
    """Leave out who has no district in a municipality without any, where the other survey has a
    district for everybody; in Swedish and English what cannot be told."""
    frames = [s.survey.frame for s in samples]
    if has_both(frames, MUNICIPALITY) or not has_both(frames, DISTRICT):
        return []
    out = []
    for side, frame in enumerate(frames):
        blank = frame[DISTRICT].isna().to_numpy()
        other = frames[1 - side][DISTRICT].isna().to_numpy()
        if not (blank & kept[side]).any() or other.any():
            continue
        if MUNICIPALITY in frame.columns:
            towns = frame[MUNICIPALITY].astype(object)
            with_districts = set(towns[~blank].dropna())
            outside = blank & (towns.notna() & ~towns.isin(with_districts)).to_numpy()
            if (outside & kept[side]).any():
                elsewhere[side] += [str(v) for v in towns[outside].unique()]
                kept[side] &= ~outside
                if not common:
                    common += [str(v) for v in with_districts]
                continue
        n = number(int((blank & kept[side]).sum()), 0)
        which = (("första", "andra")[side], ("first", "second")[side])
        out.append(
            (
                f"{n} svarande i den {which[0]} undersökningen har inget känt stadsdelsområde; om "
                "de bor där den andra frågar går inte att avgöra",
                f"{n} respondents of the {which[1]} survey have no known district; whether they "
                "live where the other survey asks cannot be told",
            )
        )
    return out
