"""Texts that somebody could put into a label, a file name or a claim."""

from __future__ import annotations

LABELS = (
    # HTML
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</table></div></body><h1>x</h1>",
    "<!-- from here",
    "<style>*{display:none}</style>",
    "&lt;script&gt; &amp; &#60;b&#62; &nbsp;",
    "<svg/onload=alert(1)>",
    "<br> <b>x</b> <http://x.example>",
    "javascript:alert(1)",
    # spreadsheets
    '=HYPERLINK("http://x.example","y")',
    "+cmd|' /C calc'!A0",
    "@SUM(A1:A9)",
    "-2+3",
    "{=1+1}",
    # file names
    "../../etc/passwd",
    "..\\..\\windows\\system32",
    "CON:|?*",
    # markdown, pandoc, Quarto
    "*a* _b_ ~c~ ^d^ ~~e~~ `f`",
    "[a](http://x.example) ![b](http://x.example/b.png)",
    "`<b>a</b>`{=html}",
    "```{=html}",
    "```{python}",
    "`{python} 1+1` `r 1+1`",
    "{{< include /etc/passwd >}} {{< meta title >}}",
    "{{{< a >}}} <% a %> {% a %}",
    "::: {.callout-note}",
    ":::",
    "# a {#sec-a .unnumbered}",
    "- a",
    "1. a",
    "> a",
    "| a | b |",
    "---",
    "[^1] ^[a] [@a] @fig-a @tbl-a (@) [a]{.b}",
    "http://x.example/a_b_c www.x.example a@x.example",
    "a -- b --- c ... 'd' \"e\"",
    ": a",
    "a\\",
    "\\newpage \\begin{a} \\input{a}",
    "<a@b>",
    "#a:b :smile:",
    # typst
    "#strong[a] #let a = 1",
    '#read("/etc/passwd") #panic()',
    "$x^2$ $ a $ \\$",
    "= a",
    "/ a: b",
    "// a /* b */ <a> @a",
    "*a _b `c",
    "[a ] b [[",
    "a ~ b \\u{1f600}",
    # matplotlib, formats
    "$\\frac{1}{0}$ $a",
    "%s %(a)s {0} {a!r} ${a}",
    # what cannot be seen
    "a\u202eb\u2066c\u2069d",
    "a\u200bb\ufeffc\u00add\u200fe",
    "a\u2060¹",
    "a\nb\r\n\r\nc\td",
    "a\x00b\x07c\x1b[31md\x7fe",
    "a\u2028b\u2029c\x85d",
    "a\ufffeb",
    "e\u0301" + "\u0301" * 40,
    # long
    "lång " * 200 + "slut",
    "x" * 600,
    "",
    " ",
)
"""One of each kind that has hurt somebody."""

SHORT = " ".join(label for label in LABELS if len(label) < 100)
"""All that fit on a line or two."""
