"""Where the files that ride with the package are: codebooks, geography, published figures, reports.

In a checkout they are the top-level folders `data/` and `reports/`; in an installed wheel they lie
inside the package. A municipality with surveys of its own has a folder in place of `data/`, named
by `use_data` or in `SURVEY_STATS_DATA` (docs/own_place.md).
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from survey_stats.errors import InputError

OWN_DATA = "SURVEY_STATS_DATA"
"""The environment variable with the full path of a folder in place of `data/`."""

_PACKAGE = Path(__file__).resolve().parent
# rules of disclosure are nobody's in particular
_EVERYBODYS = "protection"
# holds the names of areas and surveys from the moment it is imported
_VOCABULARY = "survey_stats.report.plan.vocabulary"


def _root(folder: str) -> Path:
    checkout = _PACKAGE.parent
    if (checkout / "pyproject.toml").is_file() and (checkout / folder).is_dir():
        return checkout / folder
    return _PACKAGE / "_shipped" / folder


def own_data() -> Path | None:
    """The folder in place of the shipped `data/`; None where the shipped one is used.

    Raises:
        InputError: `SURVEY_STATS_DATA` is no full path, or there is no such folder.
    """
    told = os.environ.get(OWN_DATA)
    if not told:
        return None
    folder = Path(told)
    if not folder.is_absolute():
        # kernels of documents run in other folders
        raise InputError(f"{OWN_DATA} is {told!r}; give the full path of the folder")
    if not folder.is_dir():
        raise InputError(f"{OWN_DATA} names {folder}, and there is no such folder; check the path")
    return folder


def use_data(folder: str | Path) -> None:
    """Take codebooks, map, words and published figures from a folder in place of the shipped ones.

    Call it first, before anything else of the package is used; documents made by this process and
    by those that it starts follow. What the folder holds: docs/own_place.md.

    Args:
        folder: has `place.yaml`, `geography/districts.yaml` and `codebooks/`.

    Raises:
        InputError: there is no such folder, it has no `place.yaml`, or documents of this process
            use another one already.
    """
    path = Path(folder).resolve()
    if not path.is_dir():
        raise InputError(f"There is no folder {path}; give the one with place.yaml")
    if not (path / "place.yaml").is_file():
        raise InputError(
            f"The folder {path} has no place.yaml, which names the municipality and its surveys; "
            "docs/own_place.md has an example"
        )
    if _VOCABULARY in sys.modules and path != own_data():
        raise InputError(
            "Documents of this process use another folder of data already; call ss.use_data "
            "before anything else, in a new session"
        )
    os.environ[OWN_DATA] = str(path)


def data_path(*parts: str) -> Path:
    """The path of a shipped data file or folder, such as `data_path("codebooks")`.

    Raises:
        InputError: nothing of that name is shipped, or in the folder in place of it.
    """
    own = own_data()
    if own is None or parts[:1] == (_EVERYBODYS,):
        return _existing(_root("data").joinpath(*parts))
    path = own.joinpath(*parts)
    if not path.exists():
        raise InputError(
            f"The folder of data {own} has no {'/'.join(parts)}; docs/own_place.md says what it "
            "holds"
        )
    return path


def has_data(*parts: str) -> bool:
    """Whether `data_path` finds a file or folder.

    >>> has_data("codebooks"), has_data("codebooks", "none.yaml")
    (True, False)
    """
    own = own_data()
    return (_root("data") if own is None else own).joinpath(*parts).exists()


def reports_path(*parts: str) -> Path:
    """The path of a shipped report file or folder, such as `reports_path("appendix.qmd")`.

    Raises:
        InputError: nothing of that name is shipped.
    """
    return _existing(_root("reports").joinpath(*parts))


def _existing(path: Path) -> Path:
    if not path.exists():
        raise InputError(f"The shipped file {path} is missing; reinstall survey-stats-lagesbild")
    return path
