"""The worked example of docs/figures.md gives what it prints, and names what there is."""

import doctest
import inspect
import re
from pathlib import Path

from survey_stats.report import charts

DOC = Path(__file__).resolve().parents[3] / "docs" / "figures.md"


def test_the_example_runs():
    text = DOC.read_text(encoding="utf-8")
    told = []
    runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE)
    runner.run(doctest.DocTestParser().get_doctest(text, {}, DOC.name, None, 0), out=told.append)
    assert runner.tries >= 10
    assert runner.failures == 0, "".join(told)


def test_the_signatures_are_those_of_the_functions():
    named = re.findall(r"`(\w+)\(([^`]*)\)(?: -> Figure)?`", DOC.read_text(encoding="utf-8"))
    listed = {n: a for n, a in named if n in charts.__all__}
    assert set(listed) == {n for n in charts.__all__ if n.islower()}
    for name, arguments in listed.items():
        own = list(inspect.signature(getattr(charts, name)).parameters)
        assert [a for a in arguments.split(", ") if a != "*"] == own, name
