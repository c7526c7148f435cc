"""Calls the pandoc that comes with pypandoc_binary."""

from __future__ import annotations

import functools
import json
import os
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from survey_stats.errors import RenderError


@functools.cache
def executable() -> str:
    """The path of pandoc.

    Raises:
        RenderError: the report extra is not installed.
    """
    try:
        import pypandoc

        return str(pypandoc.get_pandoc_path())
    except (ImportError, OSError):
        raise RenderError(
            "pandoc is missing; install it with: pip install 'survey-stats-lagesbild[report]'"
        ) from None


def run(
    arguments: Sequence[str],
    stdin: str | bytes = "",
    folder: Path | None = None,
    epoch: int | None = None,
) -> bytes:
    """What pandoc writes to standard output; `epoch` is the time that files of it bear.

    Raises:
        RenderError: pandoc refuses; the text is its last line.
    """
    data = stdin.encode("utf-8") if isinstance(stdin, str) else stdin
    done = subprocess.run(
        [executable(), *arguments],
        input=data,
        capture_output=True,
        cwd=folder,
        env=os.environ if epoch is None else {"SOURCE_DATE_EPOCH": str(epoch), **os.environ},
        check=False,
    )
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines() or ["no reason given"]
        raise RenderError(f"pandoc could not read the document: {said[-1]}")
    return done.stdout


def read(markdown: str) -> dict[str, Any]:
    """The document tree of a text in pandoc's markdown."""
    tree: dict[str, Any] = json.loads(run(["--from", "markdown", "--to", "json"], markdown))
    return tree


def read_html(html: str) -> list[dict[str, Any]]:
    """The blocks of a piece of HTML."""
    blocks: list[dict[str, Any]] = json.loads(run(["--from", "html", "--to", "json"], html))[
        "blocks"
    ]
    return blocks
