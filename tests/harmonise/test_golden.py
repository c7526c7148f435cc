"""The dictionaries of all waves are those that were reviewed."""

from __future__ import annotations

import pytest

from . import golden

WAVES = list(golden.waves())


@pytest.mark.parametrize(("book", "wave"), WAVES, ids=lambda v: getattr(v, "survey", v))
def test_the_dictionary_of_a_wave(book, wave) -> None:
    file = golden.path(book, wave)
    assert golden.dictionary(book, wave) == file.read_text(encoding="utf-8"), (
        "the codebook tells another story than before; if that is meant, run "
        "python -m tests.harmonise.golden and commit the difference"
    )


def test_there_is_one_for_each_wave_and_no_more() -> None:
    told = "run python -m tests.harmonise.golden and commit the difference"
    wanted = {golden.path(book, wave) for book, wave in WAVES}
    assert wanted == set(golden.FOLDER.glob("*.txt")), told


def test_a_changed_code_shows() -> None:
    book, wave = next((b, w) for b, w in WAVES if (b.survey, w) == ("city_safety", 2020))
    lists = {**book.code_lists, "evening": {**book.code_lists["evening"], 3: "fairly_safe"}}
    changed = golden.dictionary(book.model_copy(update={"code_lists": lists}), wave)
    before = golden.dictionary(book, wave)
    different = [
        (a, b) for a, b in zip(before.splitlines(), changed.splitlines(), strict=True) if a != b
    ]
    assert different == [("    3 -> fairly_unsafe", "    3 -> fairly_safe")]
