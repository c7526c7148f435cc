"""A pair of surveys that differ in who answers and in what they answer."""

import pytest

import survey_stats as ss
from tests.explain.disagreement.samples import frame, survey


@pytest.fixture(scope="module")
def pair() -> tuple[ss.Survey, ss.Survey]:
    return survey(frame(1), "one"), survey(frame(2, 0.05, 0.45), "two")
