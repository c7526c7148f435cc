"""What a document states, read from its own words: a number, a bound, a direction, a size."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from survey_stats.audit.printed import Printed, parse_number, split_bound
from survey_stats.audit.wording import Num, Say, quoted, say
from survey_stats.labels import Language

# "about 20" covers 18 to 22: a reader who is told "about" forgives a tenth, hardly more
ABOUT = 0.10

Shape = Literal[
    "number", "about", "nearly", "just over", "bound", "range", "words", "empty", "other"
]
Direction = Literal["up", "down", "same", ""]
Size = Literal["small", "large", ""]

_ABOUT = r"~|≈|±|ca\.?\s|c:a\s|circa\s|cirka\s|about\s|around\s|approximately\s|roughly\s|"
_ABOUT += r"ungefär\s|omkring\s|runt\s"
_PREFIXES: tuple[tuple[Shape, re.Pattern[str]], ...] = (
    ("about", re.compile(rf"^(?:{_ABOUT})", re.I)),
    ("nearly", re.compile(r"^(?:nearly|almost|just under|nästan|knappt|närmare)\s", re.I)),
    ("just over", re.compile(r"^(?:just over|a little over|drygt|strax över)\s", re.I)),
)
_WORD_BOUNDS = (
    (re.compile(r"^(?:more than|over|above|exceeding|mer än|över|fler än)\s", re.I), ">"),
    (re.compile(r"^(?:less than|under|below|fewer than|mindre än|färre än)\s", re.I), "<"),
    (re.compile(r"^(?:at least|minst)\s", re.I), ">="),
    (re.compile(r"^(?:at most|up to|högst)\s", re.I), "<="),
)
_RANGE = re.compile(r"^(\d[\d\s.,]*)\s*(?:-|–|to|till)\s*(\d[\d\s.,]*)%?$", re.I)
_TIMES = {
    "doubled": 2.0,
    "doubling": 2.0,
    "double": 2.0,
    "fördubblats": 2.0,
    "fördubbling": 2.0,
    "tripled": 3.0,
    "tripling": 3.0,
    "triple": 3.0,
    "tredubblats": 3.0,
    "tredubbling": 3.0,
    "halved": 0.5,
    "halving": 0.5,
    "half": 0.5,
    "hälften": 0.5,
    "halverats": 0.5,
    "halvering": 0.5,
}
_TOLD_TIMES = {
    2.0: Say("a doubling", "en fördubbling"),
    3.0: Say("a tripling", "en tredubbling"),
    0.5: Say("a halving", "en halvering"),
}
_HALF = re.compile(r"\b(half|hälften)\b")
_TOLD = {
    "about": ("about", "omkring"),
    "nearly": ("nearly", "nästan"),
    "just over": ("just over", "drygt"),
    ">": ("more than", "mer än"),
    ">=": ("at least", "minst"),
    "<": ("less than", "mindre än"),
    "<=": ("at most", "högst"),
}
_UP = re.compile(
    r"\b(increas\w*|rise\w*|rose|rising|up|grew|grow\w*|higher|above|over|more|ök\w*|upp|uppgång|"
    r"högre|över|fler|större)\b"
)
_DOWN = re.compile(
    r"\b(decreas\w*|fall\w*|fell|drop\w*|declin\w*|down|reduc\w*|lower|below|under|less|fewer|"
    r"minsk\w*|ned|ner|nedgång|sjunk\w*|lägre|färre|mindre)\b"
)
_SAME = re.compile(
    r"\b(unchanged|stable|same|equal|level with|in line|oförändra\w*|stabil\w*|samma|lika|"
    r"i linje|i nivå|(?:no|not any)(?: \w+)? (?:change|difference)|(?:not|n't) (?:changed?|differ)|"
    r"(?:ingen|inga|inget)(?: \w+)? (?:förändring\w*|skillnad\w*)|"
    r"inte (?:har )?(?:förändra\w*|ändra\w*|skilj\w*))\b"
)
_NEGATED = re.compile(
    r"\b(no|not|never|without|neither|ingen|inga|inget|inte|ej|aldrig|utan)\b|n't"
)
_SMALL = re.compile(
    r"\b(small|slight\w*|somewhat|marginal\w*|minor|a little|liten|litet|något|svag\w*|viss)\b"
)
_LARGE = re.compile(
    r"\b(large|big|sharp\w*|strong\w*|dramatic\w*|substantial\w*|much|stor|stort|kraftig\w*|"
    r"dramatisk\w*|betydlig\w*|avsevär\w*)\b"
)


@dataclass(frozen=True)
class Statement:
    """A statement taken apart; `text` is what the document says."""

    text: str
    shape: Shape
    value: Printed | None = None
    high: Printed | None = None
    sign: str = ""
    direction: Direction = ""
    size: Size = ""
    times: bool = False

    def admits(self, recomputed: float, slack: float = 0.0, factor: bool = False) -> bool:
        """Whether a recomputed number is what was stated.

        A printed number allows half a unit of its last digit; `~20` a tenth of itself, or the
        digit's half where that is more; `>100` is strict. `factor`: the number is a factor such as
        2 for "doubled", and a whole factor is a word that allows a tenth, not everything from 1.5
        to 2.5. `slack` widens the range by what rounding did to the figures behind it.
        """
        low, high, open_low, open_high = self.range(factor)
        tiny = 1e-9 * max(1.0, abs(recomputed))
        above = recomputed + slack > low if open_low else recomputed + slack >= low - tiny
        below = recomputed - slack < high if open_high else recomputed - slack <= high + tiny
        return above and below

    def told(self) -> Say:
        """The statement in words and numbers as each language writes them.

        >>> parse_statement("~20").told().sv, parse_statement("-51.7").told().sv
        ('omkring 20', '−51,7')
        >>> parse_statement(">100").told().en, parse_statement("doubled").told().sv
        ('more than 100', 'en fördubbling')
        """
        if self.value is None:
            return quoted(self.text)
        number = _number_told(self.value, signed="+" in self.text)
        if self.times:
            half = _HALF.search(self.text.lower()) is not None
            number = Say("half", "hälften") if half else _TOLD_TIMES[self.value.value]
        if self.shape == "range" and self.high is not None:
            return say("{a} to {b}", "{a} till {b}", a=number, b=_number_told(self.high))
        en, sv = _TOLD.get(self.sign if self.shape == "bound" else self.shape, ("", ""))
        return Say(en, sv) + number

    def range(self, factor: bool = False) -> tuple[float, float, bool, bool]:
        """The stated range: low, high, and whether each end is left out."""
        assert self.value is not None
        v = self.value.value
        # a factor is a word more than a figure: "nearly doubled" is at most 2, not 2.5
        half = 0.0 if factor and self.shape in ("nearly", "just over") else self.value.half
        tenth = ABOUT * abs(v) if factor else max(ABOUT * abs(v), half)
        inf = float("inf")
        if self.shape == "bound":
            low = v if self.sign.startswith(">") else -inf
            high = v if self.sign.startswith("<") else inf
            return low, high, self.sign == ">", self.sign == "<"
        if self.shape == "range":
            assert self.high is not None
            return v - half, self.high.value + self.high.half, False, False
        if self.shape == "about" or (
            factor and self.shape == "number" and self.value.decimals == 0
        ):
            return v - tenth, v + tenth, False, False
        # "nearly" and "just over" speak of size: for a fall from 100 to 82, nearly -20
        if self.shape == "nearly":
            return (
                (v - tenth, v + half, False, False)
                if v >= 0
                else (v - half, v + tenth, False, False)
            )
        if self.shape == "just over":
            return (
                (v - half, v + tenth, False, False)
                if v >= 0
                else (v - tenth, v + half, False, False)
            )
        return v - half, v + half, False, False


def parse_statement(text: str) -> Statement:
    """Take a statement apart.

    >>> parse_statement("~20").shape, parse_statement("drygt 100").shape
    ('about', 'just over')
    >>> s = parse_statement("small increase")
    >>> s.direction, s.size
    ('up', 'small')
    """
    raw = text.strip()
    if not raw:
        return Statement(raw, "empty")
    sign, rest = split_bound(raw)
    shape: Shape = "bound" if sign else "number"
    for name, pattern in _PREFIXES:
        if not sign and pattern.match(raw):
            shape, rest = name, pattern.sub("", raw)
    for pattern, word_sign in _WORD_BOUNDS:
        if shape == "number" and pattern.match(raw) and parse_number(_bare(pattern.sub("", raw))):
            sign, shape, rest = word_sign, "bound", pattern.sub("", raw)
    value = parse_number(_bare(rest))
    if value is not None:
        return Statement(raw, shape, value=value, sign=sign)
    hit = _RANGE.match(raw)
    if hit is not None:
        low, high = parse_number(hit[1]), parse_number(hit[2])
        if low is not None and high is not None and low.value <= high.value:
            return Statement(raw, "range", value=low, high=high)
    return _words(raw)


def stated_text(text: str, lang: Language = "sv") -> str:
    """What a document states, as a reader of the language writes it; words are left as they are.

    >>> stated_text("~20"), stated_text("+12,5 %"), stated_text("12.5", "en")
    ('omkring 20', '+12,5 procent', '12.5')
    >>> stated_text("small increase")
    'small increase'
    """
    s = parse_statement(text)
    if s.value is None:
        return s.text
    return s.told().sv if lang == "sv" else s.told().en


def _number_told(number: Printed, signed: bool = False) -> Say:
    x = Num(number.value, number.decimals, sign=signed)
    unit = Say("percent", "procent") if number.percent else Say("", "")
    return say("{x}", "{x}", x=x) + unit


def _bare(text: str) -> str:
    return re.sub(r"\s*(percent|procent|percentage points|procentenheter)\s*$", "%", text.strip())


def _words(raw: str) -> Statement:
    lower = raw.lower()
    negated = _NEGATED.search(lower) is not None
    for word, times in _TIMES.items():
        hit = re.search(rf"\b{word}\b", lower)
        if hit is not None and not negated and not re.search(r"\d", lower):
            shape, sign = _lead(lower[: hit.start()])
            value = Printed(times, 0 if times >= 1 else 1)
            return Statement(raw, shape, value=value, sign=sign, times=True)
    same, up, down = (bool(p.search(lower)) for p in (_SAME, _UP, _DOWN))
    directions: list[Direction] = []
    if same:
        directions.append("same")
    else:
        directions += ["up"] if up else []
        directions += ["down"] if down else []
    # "no increase" says less than "unchanged", and "up by 20 percent" more than "up"
    if len(directions) != 1 or (negated and not same) or re.search(r"\d", lower):
        return Statement(raw, "other")
    size: Size = "small" if _SMALL.search(lower) else ("large" if _LARGE.search(lower) else "")
    return Statement(raw, "words", direction=directions[0], size=size)


def _lead(before: str) -> tuple[Shape, str]:
    """The shape and bound that the words before a factor give it, as in "more than doubled".

    >>> _lead("has more than "), _lead("nästan "), _lead("")
    (('bound', '>'), ('nearly', ''), ('number', ''))
    """
    words = before.split()
    for start in range(len(words)):
        phrase = " ".join(words[start:]) + " "
        for name, pattern in _PREFIXES:
            if pattern.match(phrase):
                return name, ""
        for pattern, sign in _WORD_BOUNDS:
            if pattern.match(phrase):
                return "bound", sign
    return "number", ""
