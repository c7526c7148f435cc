"""What each wave's codebook makes of a delivery, in full, so that an edit shows as a difference.

The files in `golden/` are written by

    python -m tests.harmonise.golden

from the root of the project, after a codebook was changed on purpose; the difference goes into the
same commit, for whoever reviews it.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from survey_stats.harmonise import Codebook
from survey_stats.harmonise.codebook.schema import Constant, Item

FOLDER = Path(__file__).parent / "golden"


def waves() -> Iterator[tuple[Codebook, int]]:
    """Every wave of the shipped codebooks."""
    for name in Codebook.names():
        book = Codebook.load(name)
        yield from ((book, wave) for wave in book.waves)


def path(book: Codebook, wave: int) -> Path:
    """Where the dictionary of a wave is."""
    return FOLDER / f"{book.survey}_{wave}.txt"


def dictionary(book: Codebook, wave: int) -> str:
    """The dictionary of a wave: one line for the design, one for each variable, code and coding."""
    lines = [f"{book.survey} {wave}", "", *_design(book, wave), ""]
    for name, item in book.items(wave):
        lines += [_heading(book, name, item), *_codes(book, item, wave)]
    lines.append("")
    for name in book.columns(wave):
        question = book.questions[name]
        if question.derived is not None:
            parts = " or ".join(question.derived.any_of)
            lines.append(f"{name} = {parts} ({question.derived.rule})")
        for coding, k in question.codings.items():
            default = " (default)" if coding == question.coding else ""
            lines.append(f"{name}, {coding}{default}")
            lines += [f"    {answer} -> yes" for answer in k.positive]
            lines += [f"    {answer} -> no" for answer in k.negative]
            lines += [f"    {answer} -> missing, {why}" for answer, why in k.missing.items()]
    return "\n".join(lines) + "\n"


def _design(book: Codebook, wave: int) -> Iterator[str]:
    design = book.waves[wave]
    weight = design.weight
    yield f"respondent: {design.respondent}"
    yield f"weight: {weight.constant if isinstance(weight, Constant) else weight}"
    yield f"stratum: {design.stratum or 'all'}"
    yield f"psu: {design.psu or 'the respondent'}"
    yield f"year: {design.year or 'not in the file'}"
    yield f"districts as of {design.districts_as_of}"


def _heading(book: Codebook, name: str, item: Item) -> str:
    if item.constant is not None:
        return f"{name}: always {item.constant}"
    scale = item.scale or getattr(book.asked(name), "scale", None)
    how = [
        f"scale {scale}" if scale else "",
        f"names of a {item.names}" if item.names else "",
        "age in years" if item.years else "",
        "by its value label" if item.read == "label" else "",
        f"empty is {item.blank}" if item.blank != "blank" else "",
    ]
    return f"{name}: {item.variable}" + "".join(f", {h}" for h in how if h)


def _codes(book: Codebook, item: Item, wave: int) -> Iterator[str]:
    for code, answer in book.codes(item).items():
        yield f"    {code} -> {answer}"
    for code, reason in book.missing(item, wave).items():
        yield f"    {code} -> missing, {reason}"


def write() -> None:
    """Write all dictionaries anew; those of waves that are no more are removed."""
    FOLDER.mkdir(exist_ok=True)
    wanted = {path(book, wave): dictionary(book, wave) for book, wave in waves()}
    for old in set(FOLDER.glob("*.txt")) - set(wanted):
        old.unlink()
    for file, text in wanted.items():
        file.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write()
