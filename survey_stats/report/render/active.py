"""What a page would run or load: read from its tags, so that words about scripts stay words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html.parser import HTMLParser

_LOADING = {"src", "srcset", "data", "poster", "background", "xlink:href"}
_LINKING = {"href", "src", "action", "formaction", "data", "xlink:href", "srcdoc"}
_LOADERS = {"link", "use", "image", "base"}
_RUNNING = {"script", "iframe", "object", "embed", "applet", "base", "frame", "portal"}
_SCRIPT_ADDRESS = re.compile(r"(?:javascript|vbscript|livescript):|data:(?:text/html|[^,]*xml)")
_REMOTE = re.compile(r"(?:https?:)?//")
_REMOTE_STYLE = re.compile(r"url\(\s*['\"]?\s*(?:https?:)?//|@import", re.IGNORECASE)
_IN_COMMENT = re.compile(r"<\w", re.IGNORECASE)
_BLANK = re.compile(r"[\x00-\x20\u200b\ufeff]+")


def runs(page: str) -> str:
    """The first tag of a page that would run as a script; empty where there is none.

    >>> runs('<p title="<script>onload=1">a</p>'), runs('<p>a<img src=x onerror="b()"></p>')
    ('', '<img src=x onerror="b()">')
    """
    return _read(page).running


def loads(page: str) -> str:
    """The first tag or style of a page that would load something from elsewhere.

    >>> loads('<a href="https://x.example">a</a>'), loads('<img src="//x.example/a.png">')
    ('', '<img src="//x.example/a.png">')
    """
    return _read(page).loading


def _read(page: str) -> _Tags:
    reader = _Tags(convert_charrefs=True)
    reader.feed(page)
    reader.close()
    return reader


class _Tags(HTMLParser):
    running = ""
    loading = ""
    _style = False

    def handle_starttag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:
        said = self.get_starttag_text() or f"<{tag}>"
        self._style = tag == "style"
        self._note(said, _runs(tag, dict(attrs)), _loads(tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:  # noqa: ARG002 - the name is the base class's
        self._style = False

    def handle_data(self, data: str) -> None:
        if self._style:
            found = _REMOTE_STYLE.search(data)
            self._note(data[found.start() :] if found else "", False, found is not None)

    def handle_comment(self, data: str) -> None:
        # a browser ends some comments before this reader does
        self._note(f"<!--{data}", _IN_COMMENT.search(data) is not None, False)

    def _note(self, said: str, running: bool, loading: bool) -> None:
        if running and not self.running:
            self.running = said
        if loading and not self.loading:
            self.loading = said


def _runs(tag: str, attributes: dict[str, str | None]) -> bool:
    if tag in _RUNNING:
        return True
    if tag == "meta" and (attributes.get("http-equiv") or "").lower() == "refresh":
        return True
    for name, value in attributes.items():
        if name.startswith("on") or name == "srcdoc":
            return True
        address = _BLANK.sub("", value or "").lower()
        image = tag == "img" and address.startswith("data:image/")
        if name in _LINKING and not image and _SCRIPT_ADDRESS.match(address):
            return True
    return False


def _loads(tag: str, attributes: dict[str, str | None]) -> bool:
    for name, value in attributes.items():
        address = (value or "").strip()
        if name == "style" and _REMOTE_STYLE.search(address):
            return True
        if name == "srcset":
            parts = [part.strip() for part in address.split(",")]
        elif name in _LOADING or (name == "href" and tag in _LOADERS):
            parts = [address]
        else:
            continue
        if any(_REMOTE.match(part) for part in parts):
            return True
    return False
