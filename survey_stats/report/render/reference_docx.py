"""Makes `reports/style/reference.docx`, whose styles every Word document of ours gets, and
`reference-page.docx` for the summary on one page.

Run it after changing a style: `python -m survey_stats.report.render.reference_docx`.
"""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass, replace
from pathlib import Path

from survey_stats.report.render import pandoc

_W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_FONT = "Arial"
_ACCENT = "14466B"
_MUTED = "595959"
_CALLOUTS = {  # border and text, background
    "Note": ("1F6F9F", "EDF4F8"),
    "Tip": ("2A7A4F", "EEF5F1"),
    "Warning": ("8A5600", "FAF4E8"),
    "Caution": ("9C4818", "FAF0EB"),
    "Important": ("B0233C", "FAECEF"),
}
_EPOCH = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True)
class Style:
    """A paragraph style; sizes in points, distances in twentieths of a point."""

    name: str
    based_on: str = "BodyText"
    following: str = ""
    size: float | None = None
    bold: bool = False
    italic: bool = False
    colour: str = ""
    before: int | None = None
    after: int | None = None
    line: int | None = None
    keep_next: bool = False
    keep_lines: bool = False
    outline: int | None = None
    align: str = ""
    indent: int | None = None
    tight: bool = False
    border: str = ""
    fill: str = ""
    font: str = ""
    ui: str = ""

    @property
    def identifier(self) -> str:
        return self.name.replace(" ", "")


def styles(page: bool = False) -> list[Style]:
    """Every paragraph style that pandoc or the renderer asks for; closer for a single `page`."""
    heading = {"based_on": "Normal", "following": "BodyText", "bold": True, "colour": _ACCENT}
    made = [
        Style("Body Text", "Normal", before=0, after=140, line=288),
        Style("First Paragraph", following="BodyText"),
        Style("Compact", before=20, after=20, line=252),
        Style("Title", "Normal", "BodyText", 24, True, colour=_ACCENT, before=0, after=120),
        Style("Subtitle", "Normal", "BodyText", 13, colour=_MUTED, before=0, after=160),
        Style("Author", "Normal", "BodyText", 10, colour=_MUTED, before=0, after=0),
        Style("Date", "Normal", "BodyText", 10, colour=_MUTED, before=0, after=360),
        Style(
            "Abstract Title", "Normal", "Abstract", 10, True, keep_next=True, before=200, after=40
        ),
        Style("Abstract", before=0, after=240, indent=280),
        Style("Block Text", indent=480, colour=_MUTED),
        Style("Bibliography"),
        Style("Footnote Text", "Normal", size=9, before=0, after=60),
        Style("Footnote Block Text", "FootnoteText", indent=480),
        Style("Definition Term", "Normal", "Definition", bold=True, keep_next=True, after=0),
        Style("Definition", indent=280),
        Style("Caption", "Normal", size=9, before=60, after=240, colour="262626", ui="caption"),
        Style("Table Caption", "Caption", before=240, after=80, keep_next=True),
        Style("Image Caption", "Caption"),
        Style("Figure", before=160, after=60),
        Style("Captioned Figure", "Figure", keep_next=True),
        Style(
            "Table Note", "Normal", size=8.5, before=60, after=60, colour=_MUTED, keep_lines=True
        ),
        Style(
            "Source Code", "Normal", size=9, before=80, after=140, font="Consolas", fill="F4F4F4"
        ),
        Style("TOC Heading", "Normal", "BodyText", 14, True, colour=_ACCENT, before=240, after=100),
    ]
    for level, (size, before, after) in enumerate(
        [
            (16, 480, 160),
            (13, 360, 120),
            (11.5, 280, 100),
            (11, 240, 80),
            (11, 200, 60),
            (11, 200, 60),
        ]
    ):
        made.append(
            Style(
                f"heading {level + 1}", size=size, before=before, after=after, keep_next=True,
                outline=level, **heading,  # type: ignore[arg-type]
            )
        )  # fmt: skip
    for level in range(3):
        made.append(Style(f"toc {level + 1}", "Normal", indent=level * 240, before=30, after=30))
    for kind, (colour, fill) in _CALLOUTS.items():
        box = {"border": colour, "fill": fill, "indent": 180}
        made.append(Style(f"Callout {kind}", before=0, after=200, tight=True, **box))  # type: ignore[arg-type]
        made.append(
            Style(
                f"Callout {kind} Title", f"Callout{kind}", f"Callout{kind}", bold=True,
                colour=colour, keep_next=True, before=200, after=0, **box,  # type: ignore[arg-type]
            )
        )  # fmt: skip
    return [_closer(style) for style in made] if page else made


def _closer(style: Style) -> Style:
    """The style of a document that has one page for all it says."""
    return replace(
        style,
        size=None if style.size is None else max(8.0, round(1.7 * style.size) / 2),
        before=None if style.before is None else style.before // 2,
        after=None if style.after is None else style.after // 2,
        line=None if style.line is None else 245,
    )


def _style_id(name: str) -> str:
    if name.startswith(("heading ", "toc ")):
        word, level = name.split(" ")
        return ("Heading" if word == "heading" else "TOC") + level
    return name.replace(" ", "")


def _paragraph_style(style: Style) -> str:
    properties = []
    if style.keep_next:
        properties.append("<w:keepNext/><w:keepLines/>")
    elif style.keep_lines:
        properties.append("<w:keepLines/>")
    if style.border:
        line = f'w:val="single" w:sz="24" w:space="8" w:color="{style.border}"'
        properties.append(f"<w:pBdr><w:left {line}/></w:pBdr>")
    if style.fill:
        properties.append(f'<w:shd w:val="clear" w:color="auto" w:fill="{style.fill}"/>')
    spacing = "".join(
        f' w:{name}="{value}"'
        for name, value in (("before", style.before), ("after", style.after), ("line", style.line))
        if value is not None
    )
    if spacing:
        rule = ' w:lineRule="auto"' if style.line else ""
        properties.append(f"<w:spacing{spacing}{rule}/>")
    if style.indent is not None:
        properties.append(f'<w:ind w:left="{style.indent}"/>')
    if style.tight:
        properties.append("<w:contextualSpacing/>")
    if style.align:
        properties.append(f'<w:jc w:val="{style.align}"/>')
    if style.outline is not None:
        properties.append(f'<w:outlineLvl w:val="{style.outline}"/>')
    run = []
    if style.font:
        run.append(f'<w:rFonts w:ascii="{style.font}" w:hAnsi="{style.font}" w:cs="{style.font}"/>')
    if style.bold:
        run.append("<w:b/><w:bCs/>")
    if style.italic:
        run.append("<w:i/><w:iCs/>")
    if style.colour:
        run.append(f'<w:color w:val="{style.colour}"/>')
    if style.size:
        run.append(f'<w:sz w:val="{int(style.size * 2)}"/><w:szCs w:val="{int(style.size * 2)}"/>')
    following = f'<w:next w:val="{style.following}"/>' if style.following else ""
    based = style.based_on
    custom = ' w:customStyle="1"' if style.name.startswith(("Callout", "Table Note")) else ""
    return (
        f'<w:style w:type="paragraph"{custom} w:styleId="{_style_id(style.name)}">'
        f'<w:name w:val="{style.ui or style.name}"/><w:basedOn w:val="{based}"/>{following}'
        f"<w:qFormat/>"
        f"<w:pPr>{''.join(properties)}</w:pPr><w:rPr>{''.join(run)}</w:rPr></w:style>"
    )


def styles_xml(lang: str = "sv-SE", page: bool = False) -> str:
    """The whole of `word/styles.xml`."""
    body_size, table_size, cell = (19, 16, 18) if page else (20, 17, 20)
    fixed = f"""
<w:docDefaults><w:rPrDefault><w:rPr>
<w:rFonts w:ascii="{_FONT}" w:hAnsi="{_FONT}" w:eastAsia="{_FONT}" w:cs="{_FONT}"/>
<w:sz w:val="{body_size}"/><w:szCs w:val="{body_size}"/>
<w:lang w:val="{lang}" w:eastAsia="{lang}" w:bidi="ar-SA"/>
</w:rPr></w:rPrDefault><w:pPrDefault><w:pPr/></w:pPrDefault></w:docDefaults>
<w:style w:type="paragraph" w:default="1" w:styleId="Normal"><w:name w:val="Normal"/>
<w:qFormat/></w:style>
<w:style w:type="character" w:default="1" w:styleId="DefaultParagraphFont">
<w:name w:val="Default Paragraph Font"/><w:semiHidden/></w:style>
<w:style w:type="table" w:default="1" w:styleId="TableNormal"><w:name w:val="Normal Table"/>
<w:semiHidden/><w:tblPr><w:tblInd w:w="0" w:type="dxa"/><w:tblCellMar>
<w:left w:w="108" w:type="dxa"/><w:right w:w="108" w:type="dxa"/></w:tblCellMar></w:tblPr></w:style>
<w:style w:type="numbering" w:default="1" w:styleId="NoList"><w:name w:val="No List"/>
<w:semiHidden/></w:style>
<w:style w:type="character" w:customStyle="1" w:styleId="BodyTextChar">
<w:name w:val="Body Text Char"/><w:link w:val="BodyText"/></w:style>
<w:style w:type="character" w:customStyle="1" w:styleId="VerbatimChar">
<w:name w:val="Verbatim Char"/>
<w:rPr><w:rFonts w:ascii="Consolas" w:hAnsi="Consolas"/><w:sz w:val="18"/></w:rPr></w:style>
<w:style w:type="character" w:customStyle="1" w:styleId="SectionNumber">
<w:name w:val="Section Number"/></w:style>
<w:style w:type="character" w:styleId="FootnoteReference"><w:name w:val="footnote reference"/>
<w:rPr><w:vertAlign w:val="superscript"/></w:rPr></w:style>
<w:style w:type="character" w:styleId="Hyperlink"><w:name w:val="Hyperlink"/>
<w:rPr><w:color w:val="{_ACCENT}"/><w:u w:val="single"/></w:rPr></w:style>
<w:style w:type="paragraph" w:styleId="Footer"><w:name w:val="footer"/><w:basedOn w:val="Normal"/>
<w:pPr><w:pBdr><w:top w:val="single" w:sz="4" w:space="6" w:color="BFBFBF"/></w:pBdr>
<w:tabs><w:tab w:val="right" w:pos="{9866 if page else 9070}"/></w:tabs></w:pPr>
<w:rPr><w:color w:val="{_MUTED}"/><w:sz w:val="16"/></w:rPr></w:style>
<w:style w:type="paragraph" w:customStyle="1" w:styleId="FooterNote"><w:name w:val="Footer Note"/>
<w:basedOn w:val="Normal"/><w:pPr><w:spacing w:before="40"/></w:pPr>
<w:rPr><w:color w:val="{_MUTED}"/><w:sz w:val="14"/></w:rPr></w:style>
<w:style w:type="paragraph" w:styleId="Header"><w:name w:val="header"/><w:basedOn w:val="Normal"/>
<w:pPr><w:jc w:val="right"/></w:pPr><w:rPr><w:b/><w:color w:val="{_MUTED}"/><w:sz w:val="16"/>
</w:rPr></w:style>
<w:style w:type="table" w:customStyle="1" w:styleId="Table"><w:name w:val="Table"/>
<w:basedOn w:val="TableNormal"/><w:qFormat/>
<w:rPr><w:sz w:val="{table_size}"/><w:szCs w:val="{table_size}"/></w:rPr>
<w:tblPr><w:tblInd w:w="0" w:type="dxa"/><w:tblCellMar>
<w:top w:w="{cell}" w:type="dxa"/><w:left w:w="70" w:type="dxa"/>
<w:bottom w:w="{cell}" w:type="dxa"/><w:right w:w="70" w:type="dxa"/></w:tblCellMar></w:tblPr>
<w:tblStylePr w:type="firstRow"><w:rPr><w:b/><w:bCs/></w:rPr><w:tcPr>
<w:tcBorders><w:bottom w:val="single" w:sz="8" w:color="{_ACCENT}"/></w:tcBorders>
<w:vAlign w:val="bottom"/></w:tcPr></w:tblStylePr></w:style>
"""
    body = "".join(_paragraph_style(s) for s in styles(page))
    return (
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
        f'<w:styles xmlns:w="{_W}">{fixed}{body}</w:styles>'
    )


def _field(code: str, shown: str) -> str:
    return (
        '<w:r><w:fldChar w:fldCharType="begin"/></w:r>'
        f'<w:r><w:instrText xml:space="preserve"> {code} </w:instrText></w:r>'
        f'<w:r><w:fldChar w:fldCharType="separate"/></w:r><w:r><w:t>{shown}</w:t></w:r>'
        '<w:r><w:fldChar w:fldCharType="end"/></w:r>'
    )


def _header_xml() -> str:
    return (
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
        f'<w:hdr xmlns:w="{_W}"><w:p><w:pPr><w:pStyle w:val="Header"/></w:pPr>'
        f"{_field('SUBJECT', '')}</w:p></w:hdr>"
    )


def _footer_xml() -> str:
    return (
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
        f'<w:ftr xmlns:w="{_W}"><w:p><w:pPr><w:pStyle w:val="Footer"/></w:pPr>'
        f"{_field('TITLE', '')}<w:r><w:tab/></w:r>{_field('PAGE', '1')}"
        '<w:r><w:t xml:space="preserve"> (</w:t></w:r>'
        f"{_field('NUMPAGES', '1')}<w:r><w:t>)</w:t></w:r>"
        f'</w:p><w:p><w:pPr><w:pStyle w:val="FooterNote"/></w:pPr>'
        f"{_field('DOCPROPERTY page-footer', '')}</w:p></w:ftr>"
    )


_MARGINS = {False: 'w:top="1304" w:right="1418" w:bottom="1304" w:left="1418"',
            True: 'w:top="1080" w:right="1020" w:bottom="1080" w:left="1020"'}  # fmt: skip
_SECTION = (
    '<w:sectPr><w:headerReference w:type="default" r:id="rId91"/>'
    '<w:footerReference w:type="default" r:id="rId90"/>'
    '<w:pgSz w:w="11906" w:h="16838"/>'
    '<w:pgMar {margins} w:header="{head}" w:footer="{foot}" w:gutter="0"/></w:sectPr>'
)


def build(page: bool = False) -> bytes:
    """The reference document as bytes, the same every time; closer for a single `page`."""
    section = _SECTION.format(
        margins=_MARGINS[page], head=510 if page else 680, foot=510 if page else 624
    )
    source = zipfile.ZipFile(
        io.BytesIO(pandoc.run(["--print-default-data-file", "reference.docx"]))
    )
    parts = {n: source.read(n) for n in source.namelist() if n != "word/styles.xml"}
    parts["word/styles.xml"] = styles_xml(page=page).encode("utf-8")
    parts["word/header1.xml"] = _header_xml().encode("utf-8")
    parts["word/footer1.xml"] = _footer_xml().encode("utf-8")
    parts["word/document.xml"] = (
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
        f'<w:document xmlns:w="{_W}" xmlns:r="{_R}"><w:body><w:p/>{section}</w:body></w:document>'
    ).encode()
    parts["[Content_Types].xml"] = _with(
        parts["[Content_Types].xml"],
        "</Types>",
        "".join(
            f'<Override PartName="/word/{kind}1.xml" ContentType="application/vnd.'
            f'openxmlformats-officedocument.wordprocessingml.{kind}+xml"/>'
            for kind in ("header", "footer")
        ),
    )
    parts["word/_rels/document.xml.rels"] = _with(
        parts["word/_rels/document.xml.rels"],
        "</Relationships>",
        f'<Relationship Type="{_R}/footer" Id="rId90" Target="footer1.xml"/>'
        f'<Relationship Type="{_R}/header" Id="rId91" Target="header1.xml"/>',
    )
    parts["word/settings.xml"] = parts["word/settings.xml"].replace(b'"en-US"', b'"sv-SE"')
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for name, data in parts.items():
            made.writestr(zipfile.ZipInfo(name, _EPOCH), data, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def _with(part: bytes, before: str, addition: str) -> bytes:
    return part.decode("utf-8").replace(before, addition + before).encode("utf-8")


if __name__ == "__main__":
    from survey_stats.resources import reports_path

    for name, page in (("reference.docx", False), ("reference-page.docx", True)):
        target = Path(reports_path("style")) / name
        target.write_bytes(build(page))
        print(target)
