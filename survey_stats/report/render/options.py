"""What a document and its project say about how to render: known options, merged as Quarto does.

Quarto merges by level (project, then document) and within a level lets a format's own block win
over what is said for all formats. An option that is not listed here is refused: rendering without
it could be a silently different document.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from survey_stats.errors import RenderError, enumerate_first, nearest
from survey_stats.labels import Language
from survey_stats.report.render.source import Document, yaml_with_lines

Format = Literal["html", "docx", "pdf"]
FORMATS: tuple[Format, ...] = ("html", "docx", "pdf")
QUARTO_NAME: dict[Format, str] = {"html": "html", "docx": "docx", "pdf": "typst"}
UNDATED = 946684800
"""The time (2000-01-01) in the files of a document without a date: the same in every run."""

# read and obeyed
_OBEYED = {
    "title", "subtitle", "author", "date", "date-format", "lang", "keywords", "description",
    "abstract", "toc", "toc-depth", "toc-title", "number-sections", "number-depth", "crossref",
    "execute", "papersize", "margin", "mainfont", "fontsize", "css", "reference-doc",
    "template-partials", "fig-width", "fig-height", "fig-format", "fig-dpi", "fig-cap-location",
    "tbl-cap-location", "language", "section-numbering", "pagetitle", "format",
    "page-header", "page-footer", "subject",
}  # fmt: skip
# true of every document that is made here, or without effect on what is made
_HARMLESS: dict[str, tuple[Any, ...]] = {
    "jupyter": ("python3",),
    "engine": ("jupyter",),
    "embed-resources": (True,),
    "standalone": (True,),
    "theme": ("*",),
    "respect-user-color-scheme": ("*",),
    "toc-location": ("right",),
    "anchor-sections": ("*",),
    "smooth-scroll": ("*",),
    "code-copy": ("*",),
    "code-overflow": ("*",),
    "link-external-icon": (False,),
    "link-external-newwindow": (False,),
    "html-math-method": ("mathml",),
    "html-table-processing": ("none",),
    "code-fold": (False,),
    "code-tools": (False,),
    "code-link": (False,),
    "page-layout": ("article",),
    "title-block-style": ("default",),
    "title-block-banner": (False,),
    "minimal": (False,),
    "keep-md": (False,),
    "keep-typ": (False,),
    "keep-ipynb": (False,),
    "fig-align": ("center", "default"),
    "fig-responsive": (True,),
    "lightbox": (False,),
    "format-links": (False,),
    "linestretch": (),
    "citeproc": (False,),
    "from": ("markdown",),
    "cap-location": (),
    "axe": (False,),
    "canonical-url": (False,),
    "pdf-standard": ("ua-1",),
    # what it does for Quarto is done here for every document
    "filters": ([{"at": "post-render", "path": "style/lagesbild.lua"}],),
}
_EXECUTE: dict[str, tuple[Any, ...]] = {
    "echo": (True, False),
    "output": (True, False, "asis"),
    "warning": (True, False),
    "include": (True, False),
    "eval": (True, False),
    "error": (False,),
    "enabled": (True,),
    "cache": (False,),
    "freeze": (False,),
    "daemon": ("*",),
    "daemon-restart": ("*",),
    "debug": (False,),
    "keep-md": (False,),
    "keep-ipynb": (False,),
    "fig-width": ("*",),
    "fig-height": ("*",),
    "fig-format": ("*",),
    "fig-dpi": ("*",),
}
_CROSSREF = {
    "fig-title", "tbl-title", "fig-prefix", "tbl-prefix", "sec-prefix", "title-delim",
}  # fmt: skip
_PROJECT: dict[str, tuple[Any, ...]] = {
    "type": ("default",),
    "title": ("*",),
    "output-dir": ("*",),
    "render": ("*",),
    "execute-dir": ("file",),
    "quarto-required": ("*",),
}
_CELL: dict[str, tuple[Any, ...]] = {
    "label": ("*",),
    "echo": (True, False),
    "output": (True, False, "asis"),
    "warning": (True, False),
    "include": (True, False),
    "eval": (True, False),
    "error": (False,),
    "tags": ("*",),
    "fig-cap": ("*",),
    "fig-alt": ("*",),
    "fig-align": ("center", "default"),
    "tbl-cap": ("*",),
    "fig-cap-location": ("top", "bottom"),
    "tbl-cap-location": ("top", "bottom"),
}
_ENGINE_IGNORES = {"fig-width", "fig-height", "fig-dpi", "fig-format", "fig-asp", "out-width"}

# Quarto's own words: its language files print exactly these
_LANGUAGE_WORDS: dict[str, tuple[str, str]] = {
    "crossref-fig-title": ("Figur", "Figure"),
    "crossref-tbl-title": ("Tabell", "Table"),
    "crossref-fig-prefix": ("Figur", "Figure"),
    "crossref-tbl-prefix": ("Tabell", "Table"),
    "crossref-sec-prefix": ("Avsnitt", "Section"),
    "toc-title-document": ("Innehållsförteckning", "Table of contents"),
    "callout-note-title": ("Notera", "Note"),
    "callout-warning-title": ("Varning", "Warning"),
    "callout-important-title": ("Viktigt", "Important"),
    "callout-tip-title": ("Tips", "Tip"),
    "callout-caution-title": ("Caution", "Caution"),
    "section-title-footnotes": ("Fotnot", "Footnotes"),
    "section-title-abstract": ("Sammanfattning", "Abstract"),
    "title-block-author-single": ("Författare", "Author"),
    "title-block-author-plural": ("Författare", "Authors"),
    "title-block-keywords": ("Nyckelord", "Keywords"),
    "title-block-published": ("Utgiven", "Published"),
}


@dataclass(frozen=True)
class Settings:
    """The merged options of one format of one document."""

    format: Format
    values: dict[str, Any]
    folders: dict[str, Path]
    lang: Language
    words: dict[str, str] = field(repr=False, default_factory=dict)

    def flag(self, name: str, default: bool = False) -> bool:
        return bool(self.values.get(name, default))

    def integer(self, name: str, default: int) -> int:
        return int(self.values.get(name, default))

    def text(self, name: str, default: str = "") -> str:
        value = self.values.get(name)
        return default if value is None else str(value)

    def execute(self, name: str, default: Any) -> Any:
        block = self.values.get("execute") or {}
        return block.get(name, default)

    def files(self, name: str) -> list[Path]:
        """The files that an option names, each beside the YAML file that names it."""
        value = self.values.get(name)
        if value is None:
            return []
        names = value if isinstance(value, list) else [value]
        return [self.folders[name] / str(n) for n in names]


@dataclass(frozen=True)
class _Level:
    path: Path
    data: dict[str, Any]
    lines: dict[tuple[str, ...], int]


def settings_for(
    document: Document, fmt: Format, metadata: Mapping[str, object] | None = None
) -> Settings:
    """The options of `document` for a format: project, document, then `metadata` (as `-M`).

    Raises:
        RenderError: an option that is not known or has a value that is not supported.
    """
    levels = [*_project_levels(document.path), _document_level(document)]
    if metadata:
        levels.append(_Level(document.path, dict(metadata), {}))
    values: dict[str, Any] = {}
    folders: dict[str, Path] = {}
    for level in levels:
        _check(level)
        general = {k: v for k, v in level.data.items() if k not in {"format", "project"}}
        for block in (general, _format_block(level, fmt)):
            for name, value in block.items():
                old = values.get(name)
                if isinstance(old, dict) and isinstance(value, dict):
                    values[name] = {**old, **value}
                else:
                    values[name] = value
                folders[name] = level.path.parent
    lang = _language(values.get("lang", "en"), document)
    words = {k: pair[0 if lang == "sv" else 1] for k, pair in _LANGUAGE_WORDS.items()}
    own = values.get("language") or {}
    for block in (own, own.get(lang) or {}):
        words.update({k: str(v) for k, v in block.items() if k in _LANGUAGE_WORDS})
    for kind in ("fig", "tbl"):
        title = (values.get("crossref") or {}).get(f"{kind}-title")
        if title is not None:
            words[f"crossref-{kind}-title"] = str(title)
    for kind in ("fig", "tbl", "sec"):
        prefix = (values.get("crossref") or {}).get(f"{kind}-prefix")
        if prefix is not None:
            words[f"crossref-{kind}-prefix"] = str(prefix)
    return Settings(fmt, values, folders, lang, words)


def check_cell_options(document: Document) -> None:
    """Refuses cell options that Quarto's Jupyter engine or this renderer does not obey.

    Raises:
        RenderError: the option's name, its line, and what to write instead.
    """
    labels: dict[str, int] = {}
    for cell in document.cells:
        for name, value in cell.options.items():
            line = cell.option_lines.get(name, cell.line)
            if name in _ENGINE_IGNORES:
                raise document.error(
                    line,
                    f"Quarto's Jupyter engine ignores '{name}' in a cell; set it under 'execute' "
                    f"in the front matter, or the figure's size in the code",
                )
            if name not in _CELL:
                raise document.error(line, _unknown("cell option", name, _CELL))
            _check_value(document.path, line, f"cell option '{name}'", value, _CELL[name])
        if cell.label:
            line = cell.option_lines.get("label", cell.line)
            if cell.label in labels:
                raise document.error(
                    line, f"the label '{cell.label}' is already used on line {labels[cell.label]}"
                )
            labels[cell.label] = line
        for name, kind in (("fig-cap", "fig"), ("tbl-cap", "tbl")):
            caption = cell.options.get(name)
            line = cell.option_lines.get(name, cell.line)
            if caption is not None and not isinstance(caption, str):
                raise document.error(line, f"'{name}' must be one text; one caption a cell")
            if caption is not None and not cell.label.startswith(f"{kind}-"):
                raise document.error(
                    line,
                    f"'{name}' needs a label that starts with '{kind}-', so that it is numbered",
                )


def _project_levels(path: Path) -> list[_Level]:
    for folder in path.resolve().parents:
        for name in ("_quarto.yml", "_quarto.yaml"):
            file = folder / name
            if file.is_file():
                data, lines = yaml_with_lines(file.read_text(encoding="utf-8"), file, 1)
                level = _Level(file, data, lines)
                for key, value in (data.get("project") or {}).items():
                    line = lines.get(("project", key))
                    if key not in _PROJECT:
                        raise _error(file, line, _unknown("project option", key, _PROJECT))
                    _check_value(file, line, f"project option '{key}'", value, _PROJECT[key])
                return [level]
    return []


def _document_level(document: Document) -> _Level:
    return _Level(document.path, document.front, document.front_lines)


def _format_block(level: _Level, fmt: Format) -> dict[str, Any]:
    block = level.data.get("format")
    if not isinstance(block, dict):
        return {}
    own = block.get(QUARTO_NAME[fmt])
    return own if isinstance(own, dict) else {}


def _check(level: _Level) -> None:
    formats = level.data.get("format")
    names = formats if isinstance(formats, dict) else ({formats: None} if formats else {})
    known = set(QUARTO_NAME.values())
    for name, block in names.items():
        line = level.lines.get(("format", str(name))) or level.lines.get(("format",))
        if name not in known:
            raise _error(
                level.path, line, f"the format '{name}' is not supported; use html, docx or typst"
            )
        if isinstance(block, dict):
            _check_block(level, block, ("format", str(name)))
    general = {k: v for k, v in level.data.items() if k not in {"format", "project"}}
    _check_block(level, general, ())


def _check_block(level: _Level, block: dict[str, Any], at: tuple[str, ...]) -> None:
    for name, value in block.items():
        line = level.lines.get((*at, name))
        if name in _HARMLESS:
            _check_value(level.path, line, f"'{name}'", value, _HARMLESS[name])
        elif name not in _OBEYED:
            raise _error(level.path, line, _unknown("option", name, [*_OBEYED, *_HARMLESS]))
        if name in {"execute", "crossref", "language"}:
            if not isinstance(value, dict):
                raise _error(level.path, line, f"'{name}' needs 'name: value' lines under it")
            _check_group(level, name, value, (*at, name))
        if at and name in {"fig-width", "fig-height"}:
            raise _error(
                level.path,
                line,
                f"'{name}' for one format is not supported: the document is executed once for "
                f"all formats; set it under 'execute'",
            )


def _check_group(level: _Level, group: str, block: dict[str, Any], at: tuple[str, ...]) -> None:
    for name, value in block.items():
        line = level.lines.get((*at, str(name)))
        if group == "execute":
            if name not in _EXECUTE:
                raise _error(level.path, line, _unknown("execute option", name, _EXECUTE))
            _check_value(level.path, line, f"execute option '{name}'", value, _EXECUTE[name])
            if len(at) > 1:
                raise _error(
                    level.path, line, "'execute' under a format is not supported; put it at the top"
                )
        elif group == "crossref" and name not in _CROSSREF:
            raise _error(level.path, line, _unknown("crossref option", name, _CROSSREF))
        elif group == "language" and name in {"sv", "en"} and len(at) < 3:
            _check_group(level, group, block[name] or {}, (*at, name))
        elif group == "language" and name not in _LANGUAGE_WORDS:
            raise _error(level.path, line, _unknown("word", name, _LANGUAGE_WORDS))


def _check_value(
    path: Path, line: int | None, what: str, value: Any, allowed: tuple[Any, ...]
) -> None:
    if "*" in allowed:
        return
    # True == 1 in Python, and YAML's 1 is not Quarto's true
    if not any(value == a and isinstance(value, bool) == isinstance(a, bool) for a in allowed):
        choices = " or ".join(str(a).lower() if isinstance(a, bool) else str(a) for a in allowed)
        hint = f"only {choices} is supported" if choices else "it is not supported"
        raise _error(path, line, f"{what} is {value!r}; {hint}")


def _unknown(what: str, name: object, known: Any) -> str:
    close = nearest(str(name), [str(k) for k in known])
    hint = (
        f"did you mean {' or '.join(repr(c) for c in close)}?"
        if close
        else (f"supported are {enumerate_first(sorted(str(k) for k in known), 8)}")
    )
    return f"the {what} '{name}' is not supported; {hint}"


def _error(path: Path, line: int | None, what: str) -> RenderError:
    where = f"{path.name}, line {line}" if line else path.name
    return RenderError(f"{where}: {what}")


def _language(value: object, document: Document) -> Language:
    code = str(value).lower()
    if code == "sv" or code.startswith("sv-"):
        return "sv"
    if code == "en" or code.startswith("en-"):
        return "en"
    raise document.error(
        document.front_lines.get(("lang",)),
        f"the language '{value}' is not supported; use sv or en",
    )


_MONTHS = {
    "sv": "januari februari mars april maj juni juli augusti september oktober november december",
    "en": "January February March April May June July August September October November December",
}


def date_text(value: object, style: str, lang: Language, document: Document) -> str:
    """A date of the front matter as Quarto prints it.

    Raises:
        RenderError: a date format other than `long` and `iso`.
    """
    if style not in {"long", "iso"}:
        raise document.error(
            document.front_lines.get(("date-format",)),
            f"date-format '{style}' is not supported; use long or iso",
        )
    if isinstance(value, str) and value in {"today", "now"}:
        day = dt.date.today()
    elif isinstance(value, dt.datetime):
        day = value.date()
    elif isinstance(value, dt.date):
        day = value
    else:
        try:
            day = dt.date.fromisoformat(str(value))
        except ValueError:
            return str(value)
    if style == "iso":
        return day.isoformat()
    month = _MONTHS[lang].split()[day.month - 1]
    return f"{day.day} {month} {day.year}" if lang == "sv" else f"{month} {day.day}, {day.year}"
