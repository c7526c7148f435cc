import numpy as np
import pandas as pd
import pytest

import survey_stats as ss
from survey_stats.errors import InputError, UnknownNameError
from survey_stats.read import (
    Delivery,
    Manifest,
    UserMissing,
    VariableLabels,
    concat,
    filter_rows,
    merge,
    write,
)


@pytest.fixture
def make():
    def make(file="a.sav", frame=None, **beside):
        frame = (
            pd.DataFrame({"id": [1.0, 2.0, 3.0], "q": [1.0, 99.0, 2.0]}) if frame is None else frame
        )
        return Delivery(
            frame,
            VariableLabels(
                beside.get("labels", {"q": "Trygg ute?"}),
                beside.get("value_labels", {"q": {1.0: "Ja", 2.0: "Nej", 99.0: "Ej svar"}}),
            ),
            UserMissing(beside.get("codes", {"q": (99.0,)}), beside.get("ranges", {})),
            Manifest(
                file, "0" * 64, 10, len(frame), frame.shape[1], "test", notes=("SYNTETISKA DATA",)
            ),
        )

    return make


@pytest.mark.parametrize("ending", [".sav", ".parquet"])
def test_what_was_written_is_read_again(make, tmp_path, ending):
    delivery = make(ranges={"id": ((900.0, 999.0),)})
    again = ss.read(write(delivery, tmp_path / f"a{ending}"))
    pd.testing.assert_frame_equal(again.frame, delivery.frame)
    assert again.labels == delivery.labels
    assert again.missing == delivery.missing
    assert again.manifest.notes == ("SYNTETISKA DATA",)
    assert [p.name for p in tmp_path.iterdir()] == [f"a{ending}"]


def test_labels_of_letters_survive(make, tmp_path):
    frame = pd.DataFrame({"Kön": ["K", "M", "?"]})
    delivery = make(
        frame=frame, labels={}, value_labels={"Kön": {"K": "Kvinna"}}, codes={"Kön": ("?",)}
    )
    for ending in (".sav", ".parquet"):
        again = ss.read(write(delivery, tmp_path / f"a{ending}"))
        assert again.frame["Kön"].tolist() == ["K", "M", "?"]
        assert again.labels.value_labels == {"Kön": {"K": "Kvinna"}}
        assert again.valid()["Kön"].isna().tolist() == [False, False, True]


def test_tagged_missing_values_have_no_place_in_parquet(make, tmp_path):
    mixed = make(
        frame=pd.DataFrame({"q": pd.Series([1.0, "a"], dtype=object)}), codes={"q": ("a",)}
    )
    with pytest.raises(InputError, match="mixes numbers and text"):
        write(mixed, tmp_path / "a.parquet")
    assert not list(tmp_path.iterdir())


def test_formats_without_a_place_for_labels(make, tmp_path):
    with pytest.raises(InputError, match="no place for labels"):
        write(make(), tmp_path / "a.csv")


def test_more_missing_codes_than_spss_holds(make, tmp_path):
    delivery = make(codes={"q": (96.0, 97.0, 98.0, 99.0)})
    with pytest.raises(InputError, match="'q' has 4 missing codes"):
        write(delivery, tmp_path / "a.sav")
    assert not list(tmp_path.iterdir())
    assert ss.read(write(delivery, tmp_path / "a.parquet")).missing == delivery.missing


def test_a_filter_keeps_what_is_known(make):
    delivery = make()
    kept = filter_rows(delivery, delivery.frame["id"] > 1)
    assert kept.frame["q"].tolist() == [99.0, 2.0]
    assert kept.frame.index.tolist() == [0, 1]
    assert kept.labels is delivery.labels
    assert kept.valid()["q"].mean() == 2


def test_deliveries_under_each_other(make):
    first = make()
    second = make("b.sav", first.frame.assign(extra=5.0), value_labels={"q": {3.0: "Vet ej"}})
    both = concat([first, second])
    assert both.frame["q"].tolist() == [1, 99, 2, 1, 99, 2]
    assert both.frame["extra"].isna().sum() == 3
    assert both.labels.value_labels["q"] == {1: "Ja", 2: "Nej", 99: "Ej svar", 3: "Vet ej"}
    assert both.valid()["q"].mean() == 1.5
    assert both.manifest.file == "a.sav + b.sav"
    assert both.manifest.rows == 6
    assert len(both.manifest.sha256) == 64


def test_codes_that_mean_two_things_cannot_be_put_together(make):
    other = make("b.sav", value_labels={"q": {1.0: "Nej"}})
    with pytest.raises(InputError, match=r"b\.sav, variable 'q': the code 1\.0 is labelled 'Nej'"):
        concat([make(), other])
    with pytest.raises(InputError, match="missing codes are"):
        concat([make(), make("b.sav", codes={})])
    with pytest.raises(InputError, match="at least one"):
        concat([])


def test_columns_beside_each_other(make):
    left = make()
    frame = pd.DataFrame({"id": [3.0, 1.0], "r": [9.0, 4.0]})
    right = make("b.sav", frame, labels={"r": "Annat"}, value_labels={}, codes={"r": (9.0,)})
    merged = merge(left, right, on="id")
    assert merged.frame["q"].tolist() == [1, 99, 2]
    assert merged.frame["r"].fillna(-1).tolist() == [4, -1, 9]
    assert merged.labels.label("r") == "Annat"
    assert merged.valid()["r"].isna().tolist() == [False, True, True]
    assert np.isnan(merged.valid()["q"][1])


def test_merges_that_would_go_wrong(make):
    left = make()
    doubled = make("b.sav", pd.DataFrame({"id": [1.0, 1.0], "r": [1.0, 2.0]}), codes={})
    with pytest.raises(InputError, match=r"b\.sav: the key 1\.0 is there more than once"):
        merge(left, doubled, on="id")
    with pytest.raises(InputError, match="both have q"):
        merge(left, make("b.sav"), on="id")
    with pytest.raises(UnknownNameError, match="did you mean 'id'"):
        merge(left, make("b.sav"), on="idd")
