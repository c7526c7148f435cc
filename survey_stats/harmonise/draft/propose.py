"""Which variables of a new delivery are proposed for what a codebook needs, and the doubts."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from survey_stats.errors import CodebookError, enumerate_first, fold
from survey_stats.harmonise.codebook import Codebook
from survey_stats.harmonise.codes import by_key
from survey_stats.harmonise.draft.items import Carried, draft_item, same_question
from survey_stats.harmonise.draft.wave_facts import district_cut, wave_missing
from survey_stats.harmonise.matching import Candidate, match
from survey_stats.harmonise.matching.profiles import DESIGN, Seen, needed_by, purposes

# what is less sure than this is marked
SURE = 0.95
_SAME_WORDS = 0.9
_RIVAL = 0.02


@dataclass(frozen=True)
class Proposal:
    """One design role or question, and the variable that is proposed for it.

    Attributes:
        name: `respondent`, `weight`, `stratum`, `psu`, `year`, or the harmonised name.
        old: its variable in the wave that was carried over.
        variable: the proposed variable; None where none reached the minimum.
        label: its label in the delivery.
        confidence: probability that it is the right one; 0.0 where there is none.
        why: what speaks for and against it.
        confirm: what a person must decide.
        candidates: the nearest variables, likeliest first.
        keys: the item as it goes into the codebook; empty for design roles.
    """

    name: str
    old: str
    variable: str | None
    label: str
    confidence: float
    why: tuple[str, ...]
    confirm: tuple[str, ...]
    candidates: tuple[Candidate, ...]
    keys: Mapping[str, Any]

    def told(self) -> tuple[str, str]:
        """Why, and what to confirm, each in one line."""
        return ", ".join(self.why), "; ".join(self.confirm)

    def nearest(self, most: int = 2) -> str:
        """The nearest candidates with their confidence, in one line."""
        return ", ".join(f"{c.name} ({c.confidence:.2f})" for c in self.candidates[:most])


@dataclass(frozen=True)
class Proposed:
    """All proposals, and what the variables together say of the wave.

    `missing` are the wave's missing codes as written in the file, `cut` is the date whose
    districts the delivery uses, `cut_unknown` how many of its district names that date does not
    know; `missing_confirm` is what to confirm of the missing codes.
    """

    proposals: tuple[Proposal, ...]
    missing: Mapping[Any, str]
    missing_confirm: tuple[str, ...]
    cut: datetime.date
    cut_unknown: int


def propose(
    book: Codebook,
    base: int,
    wave: int,
    seen: Sequence[Seen],
    previous: Sequence[Seen],
    minimum: float,
    file: str,
) -> Proposed:
    """Propose variables for everything that the wave `base` needs.

    Args:
        book, base: the codebook and the wave to carry over.
        wave: the new wave.
        seen: the variables of the new delivery.
        previous: those of the delivery of `base`; empty where it is not given.
        minimum: the least confidence of a proposal.
        file: the name of the new delivery's file, for errors.

    Raises:
        CodebookError: the delivery's year variable says another year than `wave`.
    """
    old = needed_by(book, base, previous)
    sizes = (len(previous), len(seen)) if previous else None
    chosen: dict[str, Seen | None] = {}
    candidates: dict[str, tuple[Candidate, ...]] = {}
    for profile, (at, near) in zip(
        old, match(old, [s.profile() for s in seen], sizes=sizes), strict=True
    ):
        sure = at is not None and near[0].confidence >= minimum
        chosen[profile.name] = seen[at] if sure and at is not None else None
        candidates[profile.name] = near
    found = [s for s in chosen.values() if s is not None]
    written, general, missing_confirm = wave_missing(found, by_key(book.waves[base].missing))
    cut, cut_unknown = _cut(book, base, wave, chosen)
    then = {fold(s.name): s for s in previous}
    proposals: list[Proposal] = []
    for variable, names in purposes(book, base).items():
        now = chosen[variable]
        before = then.get(fold(variable))
        for name in names:
            near = candidates[variable]
            if now is None:
                proposals.append(Proposal(name, variable, None, "", 0.0, (), (), near, {}))
                continue
            confirm = _doubts(book, name, now, before, near)
            keys: dict[str, Any] = {}
            if name == "year":
                _agree(now, wave, file)
            if name not in DESIGN:
                item = draft_item(Carried(book, name, base, now, before, general, cut))
                keys = item.keys
                confirm += item.confirm
            proposals.append(
                Proposal(
                    name,
                    variable,
                    now.name,
                    now.label,
                    near[0].confidence,
                    (*near[0].why, *_namesake(variable, now, seen)),
                    tuple(confirm),
                    near,
                    keys,
                )
            )
    return Proposed(tuple(proposals), written, tuple(missing_confirm), cut, cut_unknown)


def _namesake(variable: str, now: Seen, seen: Sequence[Seen]) -> list[str]:
    same = next((s for s in seen if fold(s.name) == fold(variable)), None)
    return [] if same is None or same is now else [f"{same.name} is now {same.label!r}"]


def _doubts(
    book: Codebook,
    name: str,
    now: Seen,
    before: Seen | None,
    candidates: tuple[Candidate, ...],
) -> list[str]:
    told: list[str] = []
    first, *others = candidates
    if first.confidence < SURE:
        rivals = [c for c in others if c.confidence >= _RIVAL]
        other = f"; else {rivals[0].name} ({rivals[0].confidence:.2f})" if rivals else ""
        reasons = ", ".join(first.why) or "nothing of its own"
        told.append(f"is it {now.name}? {first.confidence:.2f} by {reasons}{other}")
    if name in DESIGN:
        return told
    text = book.asked(name).text
    was = [text.sv, text.en] if text else []
    if before is not None and before.label:
        was = [before.label]
    alike = same_question(now.label, was)
    if alike is not None and alike < _SAME_WORDS:
        told.append(f"the same question? its label is {now.label!r} and was {was[0]!r}")
    return told


def _agree(now: Seen, wave: int, file: str) -> None:
    years = [c for c in now.counts if c]
    if years and years != [str(wave)]:
        raise CodebookError(
            f"{file}: the variable {now.name} says {enumerate_first(years, 3)}, and the wave "
            f"{wave} was asked for; give the wave of the delivery"
        )


def _cut(
    book: Codebook, base: int, wave: int, chosen: Mapping[str, Seen | None]
) -> tuple[datetime.date, int]:
    last = datetime.date(wave, 12, 31)
    entry = book.background.get("district")
    item = entry.waves.get(base) if entry else None
    now = chosen[item.variable] if item is not None and item.variable is not None else None
    if item is None or now is None:
        return last, 0
    elsewhere = book.missing(item, base)
    names = [t for c, t in now.answers.items() if c not in elsewhere]
    day, unknown = district_cut(names, wave)
    return (day or last), unknown
