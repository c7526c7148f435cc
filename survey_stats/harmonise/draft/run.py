"""The next wave's codebook proposed from a delivery; what a person must confirm is marked."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from survey_stats.errors import CodebookError, InputError, enumerate_first, fold
from survey_stats.harmonise.codebook import Codebook, locate
from survey_stats.harmonise.draft.lines import wave_insertions
from survey_stats.harmonise.draft.propose import Proposal, propose
from survey_stats.harmonise.draft.text import CONFIRM, insert_wave
from survey_stats.harmonise.matching.profiles import Seen, seen_in
from survey_stats.read import Delivery, read

if TYPE_CHECKING:
    import pandas as pd

MINIMUM = 0.5


@dataclass(frozen=True)
class Draft:
    """A proposed wave: the proposals, what to decide on the whole wave, and the codebook's text.

    `text` is a whole and valid codebook; each line to decide on has `# CONFIRM:`. `facts` are
    those of the whole wave: the design, the districts and what is to be filled in. `unused` are the
    variables of the delivery (name, label) that nothing in the codebook asks for; `not_asked` are
    the questions (name, latest year) that the wave carried over did not ask.
    """

    survey: str
    wave: int
    from_wave: int
    file: str
    previous: str | None
    minimum: float
    proposals: tuple[Proposal, ...]
    facts: tuple[str, ...]
    unused: tuple[tuple[str, str], ...]
    not_asked: tuple[tuple[str, int], ...]
    text: str = field(repr=False)

    @property
    def found(self) -> tuple[Proposal, ...]:
        """What a variable is proposed for."""
        return tuple(p for p in self.proposals if p.variable is not None)

    @property
    def not_found(self) -> tuple[Proposal, ...]:
        """What no variable is proposed for; `candidates` are the nearest."""
        return tuple(p for p in self.proposals if p.variable is None)

    @property
    def to_confirm(self) -> int:
        """How many places of the text are marked."""
        return self.text.count(CONFIRM)

    def to_decide(self) -> list[str]:
        """What a person must decide beside the proposals, a line each."""
        lines = list(self.facts)
        if self.not_asked:
            lines.append(
                f"Not asked in {self.from_wave} and not looked for: "
                + ", ".join(f"{name} ({year})" for name, year in self.not_asked)
            )
        if self.unused:
            told = [f"{name} ({label})" if label else name for name, label in self.unused]
            lines.append(f"Asked by no question ({len(told)}): {enumerate_first(told, 8)}")
        if self.not_found and self.previous is None:
            lines.append(
                f"With the delivery of {self.from_wave} (previous) labels, distributions and the "
                "order of the file are compared too, and more is found."
            )
        return lines

    def to_frame(self) -> pd.DataFrame:
        """One row a proposal."""
        import pandas as pd

        return pd.DataFrame(
            [
                {
                    "name": p.name,
                    "old": p.old,
                    "variable": p.variable,
                    "label": p.label,
                    "confidence": p.confidence,
                    "why": "; ".join(p.why),
                    "confirm": "; ".join(p.confirm),
                    "nearest": p.nearest(),
                }
                for p in self.proposals
            ]
        )

    def to_dict(self) -> dict[str, Any]:
        """The draft as plain values, for JSON; without the text."""
        told = {k: v for k, v in asdict(self).items() if k != "text"}
        return {
            **told,
            "proposals": [
                {**asdict(p), "keys": {k: _plain(v) for k, v in p.keys.items()}}
                for p in self.proposals
            ],
            "unused": [{"variable": v, "label": t} for v, t in self.unused],
            "not_asked": dict(self.not_asked),
        }

    def write(self, path: str | Path) -> Path:
        """Write the codebook.

        Raises:
            InputError: there is a file at `path` (it may hold what was confirmed), or no folder.
        """
        target = Path(path)
        if target.exists():
            raise InputError(
                f"{target} exists and may hold what was confirmed; give another name or remove it"
            )
        if not target.parent.is_dir():
            raise InputError(
                f"The folder {target.parent} for {target.name} does not exist; create it"
            )
        target.write_text(self.text, encoding="utf-8")
        return target


def draft_codebook(
    delivery: Delivery | str | Path,
    codebook: str | Path,
    wave: int,
    from_wave: int | None = None,
    previous: Delivery | str | Path | None = None,
    minimum: float = MINIMUM,
) -> Draft:
    """Propose how a new delivery fits a codebook, as the codebook with one wave more.

    Variables are found by label, value labels, distribution, name and place (`matching`); that a
    number such as F100 is there again says nothing by itself. Codes are read from the value
    labels; what changed is marked. Nothing is copied that a file cannot tell: mode, months and
    size of the sample are asked for.

    Args:
        delivery: the new delivery, or its path.
        codebook: the name or path of the codebook.
        wave: the year of the new wave.
        from_wave: the wave to carry over; the latest before `wave` when None.
        previous: the delivery of that wave. With it labels, distributions and the order of the
            file are compared too, which finds much more than the codebook's own words do.
        minimum: proposals below this confidence are left out and listed with the nearest.

    Raises:
        CodebookError: the codebook has that wave, the delivery says another year, or `previous` is
            not the delivery of `from_wave`.
        UnknownNameError: there is no such codebook or wave.
        InputError: a file cannot be read.
    """
    if not 0 <= minimum <= 1:
        raise InputError(f"minimum is {minimum}; a confidence is a number between 0 and 1")
    path = locate(codebook)
    book = Codebook.read(path)
    if wave in book.waves:
        raise CodebookError(f"{path.name} has the wave {wave} already; check the delivery with it")
    base = _base(book, wave, from_wave)
    new = delivery if isinstance(delivery, Delivery) else read(delivery)
    if not len(new.frame):
        raise InputError(f"{new.manifest.file} has no respondents; ask for the file again")
    seen = seen_in(new)
    before = None if previous is None else _previous(previous, book, base)
    file = new.manifest.file
    old = () if before is None else before[1]
    proposed = propose(book, base, wave, seen, old, minimum, file)
    insertions, facts = wave_insertions(book, base, wave, proposed, seen, file, new.frame)
    head = (
        f"DRAFT: the wave {wave}, proposed from {file} after the wave {base}.",
        "Decide on every line with CONFIRM and remove it; then remove these lines.",
    )
    text = insert_wave(path, wave, insertions, head)
    _validate(text, path.name)
    used = {p.variable for p in proposed.proposals}
    return Draft(
        survey=book.survey,
        wave=wave,
        from_wave=base,
        file=file,
        previous=None if before is None else before[0],
        minimum=minimum,
        proposals=proposed.proposals,
        facts=tuple(facts),
        unused=tuple((s.name, s.label) for s in seen if s.name not in used),
        not_asked=tuple(_not_asked(book, base)),
        text=text,
    )


def _plain(value: Any) -> Any:
    return {str(k): v for k, v in value.items()} if isinstance(value, dict) else value


def _base(book: Codebook, wave: int, from_wave: int | None) -> int:
    if from_wave is not None:
        book.wave(from_wave)
        return from_wave
    earlier = [w for w in book.waves if w < wave]
    return max(earlier) if earlier else min(book.waves)


def _not_asked(book: Codebook, base: int) -> list[tuple[str, int]]:
    sections: tuple[Mapping[Any, Any], ...] = (book.background, book.parts, book.questions)
    entries = [(name, entry.waves) for section in sections for name, entry in section.items()]
    return [(name, max(waves)) for name, waves in entries if waves and base not in waves]


def _previous(previous: Delivery | str | Path, book: Codebook, base: int) -> tuple[str, list[Seen]]:
    old = previous if isinstance(previous, Delivery) else read(previous)
    seen = seen_in(old)
    there = {fold(s.name) for s in seen}
    lacking = [v for v in book.variables(base) if fold(v) not in there]
    if lacking:
        raise CodebookError(
            f"{old.manifest.file} is not the delivery of {book.survey} {base}: it lacks "
            f"{enumerate_first(lacking)}; give that wave's delivery, or from_wave="
        )
    return old.manifest.file, seen


def _validate(text: str, name: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, name)
        path.write_text(text, encoding="utf-8")
        Codebook.read(path)
