"""What was computed before: found again by the hash of everything that it was made from."""

from __future__ import annotations

import contextlib
import functools
import hashlib
import os
import re
import shutil
import sys
import time
from collections.abc import Callable, Iterable
from importlib import metadata
from pathlib import Path
from typing import Any

import survey_stats
from survey_stats.resources import data_path, has_data, reports_path

_PACKAGE = Path(survey_stats.__file__).resolve().parent
_SCRATCH = re.compile(r"\.(\d+-|demo-)")

# rooms that only show what the figures are, or that no document asks
_SHOWING = ("audit", "cli", "demo", "drawing", "report/audited", "report/charts", "report/onepage",
            "report/pieces", "report/qmd", "report/render")  # fmt: skip
_NOT_OF_THE_DEMO = ("audit", "cli", "compare", "drawing", "estimate", "explain", "protect",
                    "report", "scan")  # fmt: skip


def cache_folder() -> Path:
    """Where deliveries of the demo and computed figures are kept.

    `SURVEY_STATS_CACHE` if it is set, `build/cache` in a checkout, else the user's cache folder.
    """
    told = os.environ.get("SURVEY_STATS_CACHE")
    if told:
        return Path(told)
    checkout = _PACKAGE.parent
    if (checkout / "pyproject.toml").is_file() and os.access(checkout, os.W_OK):
        return checkout / "build" / "cache"
    home = Path.home()
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", home / "AppData" / "Local")) / "survey_stats"
    if sys.platform == "darwin":
        return home / "Library" / "Caches" / "survey_stats"
    return Path(os.environ.get("XDG_CACHE_HOME") or home / ".cache") / "survey_stats"


def fingerprint(*parts: object) -> str:
    """A short hash of texts, numbers and the contents of files and folders.

    >>> fingerprint("a", 1) == fingerprint("a", 1), fingerprint("a", 1) == fingerprint("a1")
    (True, False)
    """
    digest = hashlib.sha256()
    for part in parts:
        if isinstance(part, Path):
            for file in _files(part):
                digest.update(file.relative_to(part.parent).as_posix().encode())
                digest.update(b"\0" + file.read_bytes() + b"\0")
        else:
            digest.update(repr(part).encode() + b"\0")
    return digest.hexdigest()[:16]


def rooms(names: Iterable[str]) -> list[Path]:
    """The folders or files of the package whose code a result depends on."""
    return [_PACKAGE / name for name in names]


def makers() -> list[object]:
    """What every document is made by: code, libraries, tables, templates."""
    templates = [reports_path("_quarto.yml"), reports_path("style")]
    return [*_all_but("cli", "demo"), *_tables(), *templates]


def demo_key() -> str:
    """Changes when the code or the tables change that the synthetic deliveries are made from."""
    other = {"demo", "quality", "protection"}
    shipped = [p for p in sorted(data_path().iterdir()) if p.name not in other]
    return fingerprint(*_all_but(*_NOT_OF_THE_DEMO), *shipped)


def code_key() -> str:
    """Changes when the code, the map or the codebooks change that figures are made by."""
    vocabulary = [data_path(n) for n in ("place.yaml", "geography", "codebooks")]
    return fingerprint(*_all_but(*_SHOWING), *vocabulary)


def _all_but(*aside: str) -> list[object]:
    """The files of the package outside some rooms, and what libraries they run on.

    Rooms are left out and never listed, so that a new file counts before anybody thinks of it.
    """
    left = [_PACKAGE / name for name in (*aside, "_shipped")]
    files = [f for f in _files(_PACKAGE) if not any(f.is_relative_to(place) for place in left)]
    named = [part for f in files for part in (f.relative_to(_PACKAGE).as_posix(), f)]
    return [*named, _libraries()]


@functools.cache
def _libraries() -> tuple[tuple[str, str], ...]:
    """The libraries that the package names, with their versions; those that are installed."""
    found = {}
    with contextlib.suppress(metadata.PackageNotFoundError):
        for required in metadata.requires("survey-stats-lagesbild") or ():
            # those of other extras make no document
            if "extra ==" not in required or "report" in required:
                name = re.split(r"[^\w.-]", required)[0]
                with contextlib.suppress(metadata.PackageNotFoundError):
                    found[name] = metadata.version(name)
    return tuple(sorted(found.items()))


def _tables() -> list[Path]:
    """The data that a document is made with; a place need not have all of them."""
    names = ("place.yaml", "geography", "codebooks", "published", "quality")
    return [data_path(n) for n in names if has_data(n)]


def write_whole(path: Path, write: Callable[[Path], Any]) -> Path:
    """Let `write` make a file under another name and give it its own when it is whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    # the suffix stays: some writers choose their format by it
    scratch = path.with_name(f".{os.getpid()}-{path.name}")
    try:
        write(scratch)
        scratch.replace(path)
    finally:
        scratch.unlink(missing_ok=True)
    return path


def tidy_cache(older: float = 24 * 3600) -> None:
    """Remove what killed runs left half made in the cache.

    Args:
        older: seconds since it was touched; what is younger may be somebody's work.
    """
    root, now = cache_folder(), time.time()
    for place in (root, root / "waves", root / "figures"):
        for left in place.glob(".*") if place.is_dir() else ():
            with contextlib.suppress(OSError):
                if not _SCRATCH.match(left.name) or now - left.stat().st_mtime < older:
                    continue
                if left.is_dir():
                    shutil.rmtree(left, ignore_errors=True)
                else:
                    left.unlink()


def _files(path: Path) -> list[Path]:
    if path.is_file():
        return [path]
    return sorted(f for f in path.rglob("*") if f.is_file() and "__pycache__" not in f.parts)
