"""The mark of a generated document: a hash that no longer fits once the text was edited."""

from __future__ import annotations

import hashlib
import re

_MARK = re.compile(r"^# made by survey-stats from a plan, unedited: ([0-9a-f]{16})$", re.MULTILINE)


def stamped(text: str) -> str:
    """The text with the mark in its YAML header, where readers do not see it."""
    mark = f"# made by survey-stats from a plan, unedited: {_hash(text)}"
    return text.replace("---\n", f"---\n{mark}\n", 1)


def is_unedited(text: str) -> bool:
    """Whether a document is as it was generated; line ends do not count.

    >>> text = stamped("---\\ntitle: x\\n---\\n")
    >>> is_unedited(text), is_unedited(text.replace("x", "y")), is_unedited("no mark")
    (True, False, False)
    """
    text = text.replace("\r\n", "\n")
    found = _MARK.search(text)
    return found is not None and _hash(text.replace(f"{found[0]}\n", "", 1)) == found[1]


def _hash(text: str) -> str:
    return hashlib.sha256(text.strip().encode()).hexdigest()[:16]
