"""Where the files that ride with the package are: codebooks, geography, published figures, reports.

In a checkout they are the top-level folders `data/` and `reports/`; in an installed wheel they lie
inside the package.
"""

from __future__ import annotations

from pathlib import Path

from survey_stats.errors import InputError

_PACKAGE = Path(__file__).resolve().parent


def _root(folder: str) -> Path:
    checkout = _PACKAGE.parent
    if (checkout / "pyproject.toml").is_file() and (checkout / folder).is_dir():
        return checkout / folder
    return _PACKAGE / "_shipped" / folder


def data_path(*parts: str) -> Path:
    """The path of a shipped data file or folder, such as `data_path("codebooks")`.

    Raises:
        InputError: nothing of that name is shipped.
    """
    return _existing(_root("data").joinpath(*parts))


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
