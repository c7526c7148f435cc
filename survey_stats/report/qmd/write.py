"""Documents of plans on disk: made again when the plan changed, kept when edited by hand."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import get_args

from survey_stats.errors import InputError
from survey_stats.labels import Language
from survey_stats.report.cache import write_whole
from survey_stats.report.plan import load_plan, plan_names, plan_path
from survey_stats.report.qmd.generate import generate
from survey_stats.report.qmd.stamp import is_unedited
from survey_stats.resources import reports_path


def qmd_name(plan: str | Path, lang: Language) -> str:
    """The file name of a plan's document.

    >>> qmd_name("appendix", "sv"), qmd_name("plans/my_plan.yaml", "en")
    ('appendix.qmd', 'my_plan-en.qmd')
    """
    return f"{Path(plan).stem}{'' if lang == 'sv' else f'-{lang}'}.qmd"


def is_edited(path: Path) -> bool:
    """Whether a document was edited by hand, or never made from a plan."""
    return not is_unedited(path.read_text(encoding="utf-8-sig"))


def home(plan: str | Path) -> Path:
    """The folder of a plan's documents: `reports/` for a shipped plan, else the plan's own."""
    return reports_path() if str(plan) in plan_names() else plan_path(plan).resolve().parent


def write_qmd(
    plan: str | Path = "appendix",
    out: str | Path | None = None,
    langs: Sequence[Language] = get_args(Language),
    force: bool = False,
) -> list[Path]:
    """Make the documents of a plan.

    Args:
        plan: the path of a plan, or the name of a shipped one.
        out: the folder; by default beside the plan (`reports/` for a shipped one).
        langs: the languages; both by default.
        force: overwrite documents that were edited by hand.

    Returns:
        The files, one a language.

    Raises:
        InputError: a document was edited by hand; then none is written.
    """
    folder = Path(out) if out is not None else home(plan)
    if folder.exists() and not folder.is_dir():
        raise InputError(f"{folder} is a file; give a folder for the documents")
    files = {lang: folder / qmd_name(plan, lang) for lang in langs}
    edited = [f for f in files.values() if f.is_file() and is_edited(f)]
    if edited and not force:
        names = " and ".join(f.name for f in edited)
        raise InputError(
            f"{folder}: {names} {'was' if len(edited) == 1 else 'were'} edited by hand and not "
            "overwritten; give --force to lose the edits, or --out FOLDER to write elsewhere"
        )
    made = load_plan(plan)
    for lang, file in files.items():
        text = generate(made, lang, _named_from(plan, folder))
        write_whole(file, lambda p, t=text: p.write_text(t, encoding="utf-8"))  # type: ignore[misc]
    return list(files.values())


def source_of(plan: str | Path, lang: Language) -> str:
    """The document to render: the one beside the plan where it was edited, else a new one."""
    file = home(plan) / qmd_name(plan, lang)
    if file.is_file() and is_edited(file):
        return file.read_text(encoding="utf-8-sig")
    return generate(load_plan(plan), lang, _named_from(plan, home(plan)))


def _named_from(plan: str | Path, folder: Path) -> str:
    """What a document in `folder` calls the plan."""
    if str(plan) in plan_names():
        return str(plan)
    path = plan_path(plan).resolve()
    return Path(os.path.relpath(path, folder.resolve())).as_posix()
