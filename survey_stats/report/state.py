"""What documents were last made from, so that what is made from the same is left as it is."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from survey_stats.report.cache import write_whole


class State:
    """What each step of one document was last made from.

    Args:
        folder: where states are kept (`claim.STATE` of the folder of the documents).
        stem: the start of the names of the document's files.
    """

    def __init__(self, folder: Path, stem: str) -> None:
        self.file = folder / f"{stem}.json"

    def _read(self) -> dict[str, str]:
        try:
            told = json.loads(self.file.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return told if isinstance(told, dict) else {}

    def current(self, step: str, key: str, files: Sequence[Path]) -> bool:
        """Whether the step was made from the same and its files are there."""
        return self._read().get(step) == key and all(f.is_file() for f in files)

    def keep(self, steps: Mapping[str, str]) -> None:
        """Remember what steps were made from."""
        self._write(self._read() | dict(steps))

    def forget(self, steps: Iterable[str]) -> None:
        """Take back what was remembered of steps."""
        gone = set(steps)
        self._write({k: v for k, v in self._read().items() if k not in gone})

    def _write(self, told: Mapping[str, str]) -> None:
        if told != self._read():
            text = json.dumps(told, indent=1)
            write_whole(self.file, lambda p: p.write_text(text, encoding="utf-8"))
