"""What cells answered, as the markdown that Quarto would hand to pandoc.

A labelled output is wrapped in `::: {#label .render-float}` with its caption in
`::: {.render-caption}`; the figures and tables of the document tree are found by these marks.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from survey_stats.report.render.execution import Executed, Output, image_bytes
from survey_stats.report.render.options import Format, Settings
from survey_stats.report.render.source import (
    Cell,
    Document,
    Prose,
    inline_expressions,
    replace_inline,
)

_SUFFIX = {"image/svg+xml": "svg", "image/png": "png", "image/jpeg": "jpg"}
_REPR_OF_ARTISTS = ("[<matplotlib", "<matplotlib", "<seaborn.", "<ggplot:")
_HAS_TABLE = re.compile(r"<table[\s>].*</table", re.IGNORECASE | re.DOTALL)
_ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


def markdown(
    document: Document, executed: Executed, settings: Settings, figure_folder: Path
) -> str:
    """The whole document as markdown for one format; images are written to `figure_folder`."""
    pieces: list[str] = []
    number = 0
    for i, part in enumerate(document.parts):
        if isinstance(part, Prose):
            lines = [line for _text, line in inline_expressions(part)]
            values = [
                _inline_text(document, line, bundle)
                for line, bundle in zip(lines, executed.inline[i], strict=True)
            ]
            pieces.append(replace_inline(part, values))
        else:
            number += 1
            cell = _CellWriter(document, part, settings, figure_folder, number)
            pieces.append(cell.markdown(executed.outputs[i]))
    return "\n\n".join(pieces) + "\n"


def _inline_text(document: Document, line: int, bundle: dict[str, Any]) -> str:
    if "text/markdown" in bundle:
        return str(bundle["text/markdown"])
    rich = next((m for m in bundle if m != "text/plain"), None)
    if rich:
        raise document.error(
            line, f"an inline expression of type {rich} is not supported; use Markdown(...)"
        )
    plain = str(bundle.get("text/plain", ""))
    if len(plain) > 1 and plain[0] == plain[-1] and plain[0] in "'\"":
        plain = plain[1:-1]
        if "\\" in plain:
            # Quarto prints the repr, so a no-break space would be read as "\xa0"
            raise document.error(
                line,
                f"the inline text {plain[:40]!r} holds a character that Quarto prints as an "
                f"escape; wrap the expression in Markdown(...)",
            )
        return re.sub(r"([\\`*_{}\[\]()>#+\-.!,@$^~|<])", r"\\\1", plain)
    return plain


class _CellWriter:
    def __init__(
        self, document: Document, cell: Cell, settings: Settings, folder: Path, number: int
    ) -> None:
        self.document = document
        self.cell = cell
        self.settings = settings
        self.folder = folder
        self.name = re.sub(r"[^A-Za-z0-9-]", "-", cell.label) or f"cell-{number}"
        self.images = 0

    def option(self, name: str, default: Any) -> Any:
        return self.cell.options.get(name, self.settings.execute(name, default))

    def markdown(self, outputs: list[Output]) -> str:
        if not self.option("include", True):
            return ""
        code = self._code() if self.option("echo", True) else ""
        mode = self.option("output", True)
        shown = self._shown(outputs) if mode else []
        body = [self._output(o, asis=mode == "asis") for o in shown]
        if self._is_float():
            return "\n\n".join(filter(None, [code, *self._float(shown, body)]))
        if mode == "asis":
            return "\n\n".join(filter(None, [code, *body]))
        wrapped = [
            f"::: {{.cell-output .cell-output-{_kind(o)}}}\n{text}\n:::"
            for o, text in zip(shown, body, strict=True)
            if text
        ]
        inside = "\n\n".join(filter(None, [code, *wrapped]))
        label = f"#{self.cell.label} " if self.cell.label else ""
        return f":::: {{{label}.cell}}\n{inside}\n::::" if inside else ""

    def _is_float(self) -> bool:
        return self.cell.label.startswith(("fig-", "tbl-")) and self.option("output", True)

    def _float(self, outputs: list[Output], body: list[str]) -> list[str]:
        displays = [i for i, o in enumerate(outputs) if _kind(o) == "display"]
        if not displays and not self.option("eval", True):
            return []
        if len(displays) != 1:
            raise self._error(
                f"the cell '{self.cell.label}' shows {len(displays)} outputs; a labelled cell "
                f"must show exactly one figure or table",
                "label",
            )
        where = displays[0]
        kind = self.cell.label[:3]
        caption = str(self.cell.options.get(f"{kind}-cap", "")).strip()
        location = self.cell.options.get(f"{kind}-cap-location", "")
        inner = body[where]
        if caption:
            inner += f"\n\n:::: {{.render-caption}}\n{' '.join(caption.split())}\n::::"
        place = f' cap-location="{location}"' if location else ""
        body = list(body)
        body[where] = f"::::: {{#{self.cell.label} .render-float{place}}}\n{inner}\n:::::"
        return body

    def _code(self) -> str:
        if not self.cell.code.strip():
            return ""
        ticks = "`" * max(3, _longest_ticks(self.cell.code) + 1)
        return f"{ticks} {{.python .cell-code}}\n{self.cell.code}\n{ticks}"

    def _shown(self, outputs: list[Output]) -> list[Output]:
        image = any("image/png" in o.get("data", {}) for o in outputs)
        return [o for o in outputs if not self._left_out(o, image)]

    def _left_out(self, output: Output, has_image: bool) -> bool:
        if output["output_type"] == "stream" and output["name"] == "stderr":
            return not self.option("warning", True)
        data = output.get("data", {})
        if output["output_type"] != "execute_result" or list(data) != ["text/plain"]:
            return False
        lines = str(data["text/plain"]).splitlines() or [""]
        if not has_image:
            return lines[0].startswith(_REPR_OF_ARTISTS)
        if len(lines) > 1:
            return any("<matplotlib." in line for line in lines)
        first = lines[0].strip()
        return bool(re.match(r"^[<(\[].*?[>)\]]$|^Text\([-\d]", first)) or (
            first.startswith("{") and "<matplotlib." in first
        )

    def _output(self, output: Output, asis: bool) -> str:
        if output["output_type"] == "stream":
            text = str(output["text"])
            if asis and output["name"] == "stdout":
                return text
            return _code_block(_ANSI.sub("", text))
        data = output.get("data", {})
        mime = self._mime(data)
        if mime is None:
            return ""
        value = data[mime]
        text = value if isinstance(value, str) else "".join(value)
        if mime in _SUFFIX:
            return self._image(text, mime)
        if mime == "text/markdown":
            return text
        if mime == "text/html":
            return _fenced(text, "{=html}")
        return _code_block(_ANSI.sub("", text))

    def _mime(self, data: dict[str, Any]) -> str | None:
        order = _priority(self.settings.format, data)
        chosen = next((m for m in order if m in data), None)
        if not data:
            return None
        widget = next((m for m in data if "widget" in m or "javascript" in m), None)
        if widget or chosen is None:
            raise self._error(f"an output of type {widget or next(iter(data))} cannot be shown")
        if chosen == "text/plain" and "text/html" in data:
            raise self._error(
                f"its HTML output holds no table and cannot be shown in "
                f"{self.settings.format}; show Markdown(...) or a figure instead"
            )
        if chosen == "text/plain" and "text/latex" in data:
            raise self._error("LaTeX output is not supported; show Markdown('$...$') instead")
        return chosen

    def _image(self, data: str, mime: str) -> str:
        self.images += 1
        self.folder.mkdir(parents=True, exist_ok=True)
        file = self.folder / f"{self.name}-{self.images}.{_SUFFIX[mime]}"
        file.write_bytes(image_bytes(data, mime))
        alt = self.cell.options.get("fig-alt")
        if alt is not None and not isinstance(alt, str):
            raise self._error("'fig-alt' must be one text", "fig-alt")
        attribute = f'{{fig-alt="{_quoted(alt)}"}}' if alt is not None else "{.render-output}"
        return f"![]({file.as_posix()}){attribute}"

    def _error(self, what: str, option: str = "") -> Exception:
        return self.document.error(self.cell.option_lines.get(option, self.cell.line), what)


def _priority(fmt: Format, data: dict[str, Any]) -> list[str]:
    if fmt == "html":
        return ["text/html", "text/markdown", *_SUFFIX, "text/plain"]
    images = list(_SUFFIX)
    if fmt == "docx":
        images = ["image/png", "image/jpeg", "image/svg+xml"]
    order = ["text/markdown", *images]
    if _HAS_TABLE.search(str(data.get("text/html", ""))):
        order.append("text/html")
    return [*order, "text/plain"]


def _kind(output: Output) -> str:
    return str(output["name"]) if output["output_type"] == "stream" else "display"


def _longest_ticks(text: str) -> int:
    return max((len(t) for t in re.findall(r"^\s*(`+)", text, re.MULTILINE)), default=0)


def _fenced(text: str, info: str) -> str:
    ticks = "`" * max(3, _longest_ticks(text) + 1)
    return f"{ticks}{info}\n{text.rstrip()}\n{ticks}"


def _code_block(text: str) -> str:
    return _fenced(text, "")


def _quoted(text: str) -> str:
    return " ".join(text.split()).replace("\\", "\\\\").replace('"', '\\"')
