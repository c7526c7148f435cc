"""What the codes of a proposed variable mean, carried over from the wave before."""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from survey_stats.errors import enumerate_first, fold
from survey_stats.harmonise.codebook import Codebook
from survey_stats.harmonise.codebook.schema import AGE_GROUPS, Item
from survey_stats.harmonise.codes import by_key
from survey_stats.harmonise.columns import answer_words
from survey_stats.harmonise.geography import Geography
from survey_stats.harmonise.matching.profiles import Seen, missing_reason
from survey_stats.harmonise.matching.similarity import plain, share_distance, text_similarity

# a label so like the words of an answer is taken for it, and marked
_REWORDED = 0.75
_BROKEN = 0.2
_DISTRICTS = ("district", "school_district")
_AGES = re.compile(r"(\d\d)\s*(?:-|–|till|to)\s*(\d\d)|(\d\d)\s*(?:\+|år (?:och|eller) äldre)")


@dataclass
class ItemDraft:
    """The keys of an item as they go into the codebook, and what a person must confirm."""

    keys: dict[str, Any]
    confirm: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Carried:
    """An item to carry over to a new wave.

    Attributes:
        book, name, wave: the codebook, the harmonised name, and the wave to carry over from.
        seen: the variable of the new delivery.
        previous: the variable of the old wave's delivery, where that is given.
        general: code -> reason of the new wave's missing codes.
        cut: the date whose districts the new delivery uses.
    """

    book: Codebook
    name: str
    wave: int
    seen: Seen
    previous: Seen | None
    general: Mapping[str, str]
    cut: datetime.date

    @property
    def item(self) -> Item:
        """The item of the old wave."""
        return self.book.item(self.name, self.wave)

    @property
    def before(self) -> dict[str, str]:
        """code -> answer in the old wave."""
        return self.book.codes(self.item)


def draft_item(carried: Carried) -> ItemDraft:
    """The item of the new wave, and what to confirm of it."""
    item, seen = carried.item, carried.seen
    draft = ItemDraft({"variable": seen.name})
    if item.names is not None:
        _names(draft, carried)
    elif item.years:
        _years(draft, carried)
    elif carried.name == "age_group" and seen.kind == "number":
        draft.keys["years"] = True
        draft.confirm.append("the age was in groups and is now in years")
        _own_missing(draft, seen, {})
    elif carried.name in _DISTRICTS and seen.answers:
        _districts(draft, carried)
    else:
        _codes(draft, carried)
    if item.blank != "blank":
        draft.keys["blank"] = item.blank
    if item.scale is not None:
        draft.keys["scale"] = item.scale
    for key in ("universe", "wording", "mode"):
        value = getattr(item, key)
        if value is not None:
            told = value if isinstance(value, str) else ", ".join(value)
            draft.confirm.append(f"{key} was {told!r} in {carried.wave}; is it still?")
    return draft


def _names(draft: ItemDraft, carried: Carried) -> None:
    item, seen, cut = carried.item, carried.seen, carried.cut
    assert item.names is not None
    draft.keys["names"] = item.names
    if not seen.words and seen.answers:
        draft.keys["read"] = "label"
    delivered = list(seen.answers.values())
    if item.missing:
        draft.keys["missing"] = item.missing
    unknown = Geography.load().match(delivered, item.names, cut)[1]
    if unknown:
        draft.confirm.append(
            f"{len(unknown)} of {len(delivered)} values are no {item.names} known in "
            f"{cut.year}: {enumerate_first(unknown, 3)}"
        )


def _years(draft: ItemDraft, carried: Carried) -> None:
    seen = carried.seen
    if seen.kind == "codes" and seen.answers:
        codes = {c: g for c, label in seen.answers.items() if (g := _age_group(label))}
        draft.confirm.append("the age was in years and is now in groups")
        draft.keys["codes"] = _as_written(codes, seen)
        strange = [f"{c} ({t!r})" for c, t in seen.answers.items() if c not in codes]
        if strange:
            draft.confirm.append(
                f"no age group of the codebook ({', '.join(AGE_GROUPS)}): "
                + enumerate_first(strange, 4)
            )
        return
    draft.keys["years"] = True
    _own_missing(draft, seen, carried.book.missing(carried.item, carried.wave))


def _age_group(label: str) -> str | None:
    found = _AGES.search(label)
    if found is None:
        return None
    group = f"{found[3]}+" if found[3] else f"{found[1]}-{found[2]}"
    return group if group in AGE_GROUPS else None


def _own_missing(draft: ItemDraft, seen: Seen, before: Mapping[str, str]) -> None:
    """The missing codes of an item that the wave's list does not hold for."""
    told: dict[str, str] = {}
    for code, reason in seen.missing.items():
        if reason is None and code not in before:
            draft.confirm.append(
                f"the delivery declares {code} as missing and says no reason; no_answer is assumed"
            )
        told[code] = reason or before.get(code, "no_answer")
    if not seen.missing and before:
        told = dict(before)
        draft.confirm.append(f"the delivery names no missing codes; {told_pairs(before)} is kept")
    if told:
        draft.keys["missing"] = _as_written(told, seen)


def _districts(draft: ItemDraft, carried: Carried) -> None:
    item, seen, cut = carried.item, carried.seen, carried.cut
    elsewhere = carried.book.missing(item, carried.wave)
    labels = {c: t for c, t in seen.answers.items() if c not in elsewhere}
    found, _ = Geography.load().match(labels.values(), "district", cut)
    codes = {c: found[t].name for c, t in labels.items() if t in found}
    unknown = [f"{c} ({t!r})" for c, t in labels.items() if c not in codes and c not in elsewhere]
    draft.keys["codes"] = _by_name_or_written(carried, codes)
    _carry_missing(draft, carried, codes)
    if unknown:
        draft.confirm.append(f"no district in the cut of {cut}: {enumerate_first(unknown, 4)}")
    if codes != {c: a for c, a in carried.before.items() if c in codes}:
        draft.confirm.append(f"the codes of the districts are others than in {carried.wave}")


def _codes(draft: ItemDraft, carried: Carried) -> None:
    item, seen, before = carried.item, carried.seen, carried.before
    if item.read == "label":
        draft.keys["read"] = "label"
    if not seen.answers:
        _without_labels(draft, carried)
        return
    codes, strange = _read_labels(draft, carried)
    draft.keys["codes"] = _by_name_or_written(carried, codes)
    own = _carry_missing(draft, carried, codes)
    strange = {c: t for c, t in strange.items() if c not in own and c not in carried.general}
    if strange:
        told = [f"{c} {t!r} (n {seen.counts.get(c, 0)})" for c, t in strange.items()]
        draft.confirm.append(
            "fits no answer of the codebook, so it is left out and harmonise stops at it: "
            + enumerate_first(told, 4)
        )
    lost = [a for a in dict.fromkeys(before.values()) if a not in codes.values()]
    if lost:
        draft.confirm.append(f"no code means any more: {enumerate_first(lost, 4)}")
    _say_moves(draft, before, codes, carried.wave)


def _read_labels(draft: ItemDraft, carried: Carried) -> tuple[dict[str, str], dict[str, str]]:
    """code -> answer as the labels say, and code -> label of those that say nothing known."""
    book, name, item, wave = carried.book, carried.name, carried.item, carried.wave
    seen, before = carried.seen, carried.before
    words = {plain(text): answer for text, answer in answer_words(book, name, item).items()}
    if carried.previous is not None:
        labels = carried.previous.answers
        words |= {plain(t): before[c] for c, t in labels.items() if c in before}
    codes: dict[str, str] = {}
    reworded: list[str] = []
    for code, label in seen.answers.items():
        answer, sure = _meant(label, words)
        if answer is not None:
            codes[code] = answer
            if not sure:
                reworded.append(f"{code} {label!r} as {answer!r}")
    if reworded:
        draft.confirm.append(f"labels that are worded anew, read {enumerate_first(reworded, 4)}")
    strange = {c: t for c, t in seen.answers.items() if c not in codes}
    scale = item.scale or getattr(book.asked(name), "scale", None)
    if not codes and scale is not None:
        draft.confirm.append(f"no label says an answer of the scale {scale}; write the codes")
    elif not codes and set(strange) >= set(before):
        # the codebook has no words for these answers: the codes are all there is
        codes = {c: a for c, a in before.items() if c in strange}
        told = [f"{c} {strange[c]!r} as {a!r}" for c, a in codes.items()]
        draft.confirm.append(
            f"the codebook has no words for these labels; codes are read as in {wave}: "
            + enumerate_first(told, 4)
        )
        strange = {c: t for c, t in strange.items() if c not in codes}
    return codes, strange


def _meant(label: str, words: Mapping[str, str]) -> tuple[str | None, bool]:
    """The answer that a label means, and whether that is beyond doubt."""
    text = plain(label)
    if text in words:
        return words[text], True
    # "Ja, en gång" is a yes; the longest beginning counts
    begins = [w for w in words if w and text.startswith(w + " ")]
    if begins and not any(w.startswith(text + " ") for w in words):
        return words[max(begins, key=len)], False
    if words:
        alike = text_similarity([text], list(words))[0]
        best = int(alike.argmax())
        if alike[best] >= _REWORDED:
            return list(words.values())[best], False
    return None, False


def _without_labels(draft: ItemDraft, carried: Carried) -> None:
    seen, previous, before, wave = carried.seen, carried.previous, carried.before, carried.wave
    draft.keys["codes"] = carried.item.codes
    own = _carry_missing(draft, carried, before)
    # what stands apart, such as 99, is told once for the whole wave
    strange = [
        f"{c} (n {seen.counts[c]})"
        for c in seen.shares
        if c and c not in before and c not in own and c not in carried.general
    ]
    if strange:
        draft.confirm.append(f"codes that {wave} did not have: {enumerate_first(strange, 4)}")
    now = {c: s for c, s in seen.shares.items() if c in before}
    then = previous.shares if previous is not None else {}
    told = f"the delivery has no value labels; codes are read as in {wave}"
    if now and then:
        moved = share_distance(then, now)
        turned = share_distance(_turned(then), now)
        told += f", {moved:.0%} of the answers moved"
        if moved > _BROKEN and turned < moved / 2:
            told += f" (turned round, only {turned:.0%} would have)"
    draft.confirm.append(told)


def _turned(shares: Mapping[str, float]) -> dict[str, float]:
    codes = sorted(shares, key=lambda c: (len(c), c))
    return {a: shares[b] for a, b in zip(codes, reversed(codes), strict=True)}


def _carry_missing(draft: ItemDraft, carried: Carried, codes: Mapping[str, str]) -> set[str]:
    """The item's own missing codes; returns all codes that they cover."""
    item, seen = carried.item, carried.seen
    if isinstance(item.missing, str):
        draft.keys["missing"] = item.missing
        return set(by_key(carried.book.missing_lists[item.missing]))
    kept = {c: r for c, r in by_key(item.missing).items() if c not in codes}
    labelled = {
        c: r
        for c, r in seen.missing.items()
        if r is not None and c not in codes and carried.general.get(c) != r
    }
    for code, reason in kept.items():
        label = seen.labels.get(code)
        if label is not None and code not in labelled and missing_reason(label) is None:
            draft.confirm.append(f"{code} {label!r} is kept as missing ({reason})")
    told = {**kept, **labelled}
    if told:
        draft.keys["missing"] = _as_written(told, seen)
    return set(told)


def _say_moves(
    draft: ItemDraft, before: Mapping[str, str], codes: Mapping[str, str], wave: int
) -> None:
    both = sorted((c for c in codes if c in before), key=lambda c: (len(c), c))
    moved = [c for c in both if codes[c] != before[c]]
    added = [c for c in codes if c not in before]
    if len(moved) > 1 and [codes[c] for c in both] == [before[c] for c in reversed(both)]:
        draft.confirm.append(
            f"the order of the codes is turned round: {both[0]} was {before[both[0]]!r} in "
            f"{wave} and is {codes[both[0]]!r}"
        )
    elif moved or added:
        told = [f"{c} was {before[c]!r} and is {codes[c]!r}" for c in moved]
        told += [f"{c} is new: {codes[c]!r}" for c in added]
        draft.confirm.append(f"codes are others than in {wave}: {enumerate_first(told, 4)}")


def _by_name_or_written(carried: Carried, codes: Mapping[str, str]) -> Any:
    """The name of the code list that says the same, the old one first; else the codes."""
    item, seen = carried.item, carried.seen
    lists = dict(carried.book.code_lists)
    if isinstance(item.codes, str):
        lists = {item.codes: lists[item.codes], **lists}
    for name, content in lists.items():
        known = by_key(content)
        if codes and all(known.get(c) == a for c, a in codes.items()):
            # codes that are in the list only must not be in the data as something else
            extra = set(known) - set(codes)
            if not any(c in seen.labels or seen.counts.get(c, 0) for c in extra):
                return name
    return _as_written(codes, seen)


def _as_written(codes: Mapping[str, str], seen: Seen) -> dict[Any, str]:
    return {seen.original.get(c, as_number(c)): a for c, a in codes.items()}


def as_number(code: str) -> Any:
    """A code as a codebook writes it: a whole number where it is one."""
    return int(code) if re.fullmatch(r"-?\d+", code) else code


def told_pairs(codes: Mapping[str, str]) -> str:
    """code: reason, as in a codebook."""
    return "{" + ", ".join(f"{c}: {r}" for c, r in codes.items()) + "}"


def same_question(label: str, texts: list[str]) -> float | None:
    """How like a label is to the likest of the words that are known; None where either is empty.

    >>> same_question("14. Röker du?", ["Röker du?"])
    1.0
    """
    known = [t for t in texts if fold(t)]
    if not plain(label) or not known:
        return None
    return float(text_similarity([label], known).max())
