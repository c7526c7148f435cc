"""Renders with the real Quarto, where it is installed."""

from __future__ import annotations

import functools
import os
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import yaml

from survey_stats.errors import RenderError
from survey_stats.report.render.docx_finish import finish
from survey_stats.report.render.execution import injected_code
from survey_stats.report.render.options import QUARTO_NAME, UNDATED, Format, settings_for
from survey_stats.report.render.source import read_document
from survey_stats.report.render.workspace import workspace

OLDEST = (1, 4)
_ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


def quarto_available() -> bool:
    """Whether `quarto` 1.4 or newer is on PATH."""
    path = shutil.which("quarto")
    return path is not None and _version(path) >= OLDEST


def require_quarto() -> None:
    """Refuse to go on without Quarto.

    Raises:
        RenderError: it is not on PATH, or too old.
    """
    if not quarto_available():
        raise RenderError("quarto 1.4 or newer is not on PATH; install it or use engine='embedded'")


@functools.cache
def _version(path: str) -> tuple[int, ...]:
    try:
        said = subprocess.run([path, "--version"], capture_output=True, text=True, check=False)
    except OSError:
        return (0,)
    return tuple(int(n) for n in re.findall(r"\d+", said.stdout)[:3]) or (0,)


def render_with_quarto(
    qmd: Path,
    to: Sequence[Format],
    params: Mapping[str, object] | None = None,
    out_dir: Path | None = None,
    stem: str | None = None,
    progress: Callable[[str], None] | None = None,
    metadata: Mapping[str, object] | None = None,
) -> dict[Format, Path]:
    """Renders a document with the `quarto` on PATH; arguments as of `render`.

    Raises:
        RenderError: Quarto is not there or too old, failed, or could not resolve a reference; then
            no file is written.
        InputError: there is no such document.
        UnknownNameError: a parameter that the document does not have.
    """
    require_quarto()
    qmd = Path(qmd)
    folder = Path(out_dir) if out_dir is not None else qmd.resolve().parent
    name = stem or qmd.stem
    with workspace(qmd) as copy, tempfile.TemporaryDirectory(prefix="quarto-") as scratch:
        injected_code(read_document(copy), params or {})  # refuses unknown parameters
        made: dict[Format, Path] = {}
        for fmt in dict.fromkeys(to):
            if progress:
                progress(f"quarto: {fmt}")
            made[fmt] = _render_one(copy, fmt, params or {}, metadata or {}, Path(scratch))
        folder.mkdir(parents=True, exist_ok=True)
        final: dict[Format, Path] = {}
        with tempfile.TemporaryDirectory(dir=folder, prefix=f".{name}-") as near:
            for path in made.values():
                shutil.move(path, Path(near) / path.name)
            for fmt, path in made.items():
                final[fmt] = folder / f"{name}.{fmt}"
                (Path(near) / path.name).replace(final[fmt])
    return final


def _render_one(
    qmd: Path,
    fmt: Format,
    params: Mapping[str, object],
    metadata: Mapping[str, object],
    scratch: Path,
) -> Path:
    # a name of its own, so that nothing beside the document is overwritten
    output = f"render-{os.getpid()}-{qmd.stem}.{fmt}"
    command = ["quarto", "render", str(qmd), "--to", QUARTO_NAME[fmt], "--output", output]
    if params:
        file = scratch / "params.yml"
        file.write_text(yaml.safe_dump(dict(params), allow_unicode=True), encoding="utf-8")
        command += ["--execute-params", str(file)]
    # not in _quarto.yml: Quarto then warns where there is no veraPDF to check what it made; with
    # another template than that of our project the PDF need not meet the standard
    ours = any((p / "style" / "typst-template.typ").is_file() for p in qmd.parents[:3])
    declared = {"pdf-standard": "ua-1"} if fmt == "pdf" and ours else {}
    for key, value in {**declared, **metadata}.items():
        command += ["-M", f"{key}:{value}"]
    # the same interpreter, so the same packages
    environment = {
        "SOURCE_DATE_EPOCH": str(UNDATED),
        **os.environ,
        "QUARTO_PYTHON": sys.executable,
        "PYTHONWARNINGS": "ignore",
    }
    done = subprocess.run(
        command, capture_output=True, text=True, cwd=qmd.parent, env=environment, check=False
    )
    said = _ANSI.sub("", done.stdout + "\n" + done.stderr)
    result = qmd.parent / output
    if done.returncode or not result.is_file():
        result.unlink(missing_ok=True)
        raise RenderError(f"{qmd.name}: quarto could not make {fmt}: {_reason(said)}")
    unresolved = re.search(r"Unable to resolve crossref (@\S+)", said)
    if unresolved:
        result.unlink(missing_ok=True)
        raise RenderError(f"{qmd.name}: the cross reference '{unresolved[1]}' leads nowhere")
    target = scratch / output
    shutil.move(result, target)
    if fmt == "docx" and zipfile.is_zipfile(target):
        depth = settings_for(read_document(qmd), fmt, metadata).integer("toc-depth", 3)
        finish(target, depth)
    return target


def _reason(said: str) -> str:
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    telling = [line for line in lines if re.search(r"\bERROR\b|\w(Error|Exception):", line)]
    return (telling or lines or ["it gave no reason"])[-1][:300]
