"""What a proposed wave says in the codebook, line by line."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from survey_stats.harmonise.codebook import Codebook
from survey_stats.harmonise.codebook._yaml import Place
from survey_stats.harmonise.codebook.schema import DRAFTED, Constant, Item
from survey_stats.harmonise.draft.propose import Proposal, Proposed
from survey_stats.harmonise.draft.text import Insertion, flow
from survey_stats.harmonise.matching.profiles import DESIGN, Seen


def wave_insertions(
    book: Codebook,
    base: int,
    wave: int,
    proposed: Proposed,
    seen: Sequence[Seen],
    file: str,
    frame: pd.DataFrame,
) -> tuple[dict[Place, Insertion], list[str]]:
    """What goes where in the codebook, and what to decide on the wave as a whole."""
    by_name = {p.name: p for p in proposed.proposals}
    content, confirm = _design(book, base, by_name, seen)
    said = set(re.findall(r"(?<!\d)(?:19|20)\d\d(?!\d)", file)) - {str(wave)}
    if said:
        confirm.insert(0, f"is it the delivery of {wave}? Its file name says {', '.join(said)}")
    weight = by_name.get("weight")
    if weight is not None and weight.variable is not None:
        content.append("  weights_sum_to: unknown")
        was = book.waves[base].weights_sum_to
        total = pd.to_numeric(frame[weight.variable], errors="coerce").sum()
        confirm.append(
            f"weights_sum_to: population, sample or unknown ({base} had {was}); {weight.variable} "
            f"sums to {total:.0f} over {len(frame)} rows"
        )
    content.append(f"  districts_as_of: {proposed.cut}")
    strange = f"; {proposed.cut_unknown} names fit no cut" if proposed.cut_unknown else ""
    confirm.append(
        f"districts_as_of: {proposed.cut} is the latest cut that fits the names{strange}"
    )
    if proposed.missing:
        content.append(f"  missing: {flow(dict(proposed.missing))}")
    confirm += [f"missing: {text}" for text in proposed.missing_confirm]
    confirm += facts_to_fill_in(book, base)
    before = book.waves[base].facts
    known: dict[str, Any] = {"population": before.population}
    if before.school_years:
        known["school_years"] = list(before.school_years)
    content.append(f"  facts: {flow({**known, 'mode': 'unknown', 'answers': len(frame)})}")
    drafted = (
        f"{DRAFTED} {file} after the wave {base}; what is marked in the codebook is not confirmed."
    )
    content += ["  assumptions:", f"    - {flow(drafted)}"]
    insertions: dict[Place, Insertion] = {("waves",): Insertion(confirm, ["", *content])}
    for section in ("background", "parts", "questions"):
        for name, entry in getattr(book, section).items():
            if (item := entry.waves.get(base)) is not None:
                at: Place = (section, name, "waves")
                insertions[at] = _item(item, by_name.get(name), wave, file)
    return insertions, confirm


def _item(item: Item, proposal: Proposal | None, wave: int, file: str) -> Insertion:
    if proposal is None:
        return Insertion(content=[flow({"constant": item.constant})])
    if proposal.variable is None:
        nearest = proposal.nearest() or "none"
        return Insertion(
            [f"{wave} is not found in {file} (was {proposal.old}); nearest: {nearest}"]
        )
    return Insertion(
        proposal.confirm,
        [flow(dict(proposal.keys))],
        f"{proposal.confidence:.2f} {proposal.label}".strip(),
    )


def _design(
    book: Codebook, base: int, by_name: Mapping[str, Proposal], seen: Sequence[Seen]
) -> tuple[list[str], list[str]]:
    """The lines of the design roles, and what to confirm of them.

    Where a role is not found the old name stands, so that harmonise stops at it: a stratum that
    is left out would change every standard error without a word.
    """
    lines: list[str] = []
    confirm: list[str] = []
    for role in DESIGN:
        old = getattr(book.waves[base], role)
        if old is None:
            continue
        if isinstance(old, Constant):
            lines.append(f"  {role}: {flow({'constant': old.constant})}")
            claims = [s.name for s in seen if role in s.profile().claims]
            hint = f"; {', '.join(claims)} may be one" if claims else ""
            confirm.append(f"{role}: was {old.constant} for everybody in {base}{hint}")
            continue
        proposal = by_name[role]
        lines.append(f"  {role}: {flow(proposal.variable or old)}")
        confirm += [f"{role}: {text}" for text in proposal.confirm]
        if proposal.variable is None:
            confirm.append(
                f"{role}: not found (nearest: {proposal.nearest() or 'none'}); the name of {base} "
                "stands here, and harmonise stops at it"
            )
        elif role in ("weight", "stratum"):
            confirm.append(f"{role}: is {proposal.variable} made as in {base}?")
    return lines, confirm


def facts_to_fill_in(book: Codebook, base: int) -> list[str]:
    """The facts of the field work that no file tells, with what they were.

    >>> facts_to_fill_in(Codebook.load("city_safety"), 2023)[0]
    'facts.mode: fill in (2023 had [post, web])'
    """
    facts = book.waves[base].facts
    was: dict[str, Any] = {
        "mode": None if isinstance(facts.mode, str) else list(facts.mode),
        "months": list(facts.months),
        "school_years": list(facts.school_years),
        "ages": facts.ages and list(facts.ages),
        "sampled": facts.sampled,
        "areas": list(facts.areas),
    }
    asked = ["mode", "months"]
    asked += ["school_years"] if facts.population == "pupils" else ["ages", "sampled"]
    asked += ["areas"] if facts.areas else []
    told = {key: f"{base} had {flow(was[key])}" if was[key] else "not told before" for key in asked}
    return [f"facts.{key}: fill in ({before})" for key, before in told.items()]
