"""What is given in place of a Survey is told, with what to do."""

import re

import pandas as pd
import pytest

import survey_stats as ss
from survey_stats.errors import InputError

FRAME = pd.DataFrame({"wave": [1, 2, 3] * 8, "yes": [0, 1, 1, 0] * 6, "area": list("abcd") * 6})


class Harmonised:
    def survey(self) -> None:
        """As what `harmonise` gives."""


WAVES = [ss.Survey(FRAME[FRAME.wave == w], wave=w) for w in (1, 2, 3)]


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda: ss.trend(WAVES, "yes"), "trend takes one Survey, not list; put the waves"),
        (lambda: ss.pools(WAVES, "yes", width=2), "pools takes one Survey, not list"),
        (lambda: ss.against(FRAME, "yes", "area"), "make one by ss.Survey(frame, weights=...)"),
        (lambda: ss.against(Harmonised(), "yes", "area"), "not Harmonised; take its .survey()"),
        (lambda: ss.join(dict(enumerate(WAVES))), "join takes a list of Surveys, not dict"),
        (lambda: ss.join(WAVES[0], WAVES[1]), "join takes a list of Surveys, not Survey"),
        (lambda: ss.join([WAVES[0], FRAME]), "not DataFrame; make one by ss.Survey"),
        (lambda: ss.Survey(Harmonised()), "not Harmonised; take its .survey()"),
    ],
)
def test_what_is_easily_taken_for_a_survey(call, told) -> None:
    with pytest.raises(InputError, match=re.escape(told)):
        call()


def test_one_design_of_the_waves_is_taken() -> None:
    assert len(ss.trend(ss.join(WAVES), "yes", by="area").to_frame()) == 4
