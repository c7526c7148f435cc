"""A data set as files: read back as it was, described, whole or absent."""

import csv
import hashlib
import re
from xml.etree import ElementTree as ET

import numpy as np
import pandas as pd
import pytest

import survey_stats as ss
from survey_stats.errors import InputError
from survey_stats.harmonise import combine
from survey_stats.harmonise.dataset import dictionary, export
from survey_stats.harmonise.dataset.ddi import NAMESPACE, to_ddi

FILES = [
    "data.parquet", "data.csv", "dictionary.csv", "values.csv", "waves.csv", "provenance.csv",
    "delivered_codes.parquet", "ddi.xml", "LASMIG.md",
]  # fmt: skip
DDI = {"d": NAMESPACE}


@pytest.fixture(scope="module")
def data(make_delivery):
    told = []
    for survey, wave in (("city_safety", 2020), ("regional_safety", 2022), ("school_survey", 2024)):
        small = make_delivery(survey, wave, n=80, seed=wave)
        variable = small.variable("unsafe_evening")
        missing = list(small.book.waves[wave].missing)
        small.frame.loc[:9, variable] = float(missing[-1])
        small.frame.loc[10:14, variable] = np.nan
        small.labels[variable] = "Otrygg & rädd <sent>?\x0b"
        small.file = f"{survey}_{wave}.sav"
        told.append(ss.harmonise(small.delivery(), survey, wave=wave))
    return combine(told)


@pytest.fixture(scope="module")
def folder(data, tmp_path_factory):
    place = tmp_path_factory.mktemp("export") / "deep" / "set"
    written = export.write(data, place)
    assert [p.name for p in written] == FILES
    return place


def table(folder, name):
    with (folder / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_folder_holds_the_files_and_nothing_else(folder):
    assert sorted(p.name for p in folder.iterdir()) == sorted(FILES)
    assert [p.name for p in folder.parent.iterdir()] == ["set"]


def test_parquet_is_read_back_as_it_was(data, folder):
    back = ss.read(folder / "data.parquet")
    pd.testing.assert_frame_equal(back.frame, data.frame)
    assert back.labels.label("unsafe_evening") == "otrygg ute ensam sent en kväll"
    assert back.labels.label("district") == "stadsdelsområde"
    assert back.labels.value_labels["gender"] == {"men": "män", "women": "kvinnor"}
    assert back.labels.value_labels["unsafe_evening"] == {True: "ja", False: "nej"}
    assert set(back.labels.variables) == set(data.frame)
    assert any("city_safety_2020.sav" in note for note in back.manifest.notes)
    assert not back.manifest.synthetic
    # the same estimates
    for by in (None, "gender"):
        ask = {"weights": "weight", "strata": ["survey", "wave"]}
        pd.testing.assert_frame_equal(
            ss.Survey(back.frame, **ask).share("unsafe_evening", by=by).to_frame(),
            ss.Survey(data.frame, **ask).share("unsafe_evening", by=by).to_frame(),
        )


def test_labels_in_english(data, tmp_path):
    file = export.write(data, tmp_path / "set.parquet", "en")[0]
    labels = ss.read(file).labels
    assert labels.label("unsafe_evening__research").startswith("unsafe out alone")
    assert labels.label("unsafe_evening__research").endswith("unsafe among those who go out)")
    assert labels.value_labels["disability"] == {"no": "no", "yes": "yes"}
    assert [p.name for p in tmp_path.iterdir()] == ["set.parquet"]


def test_csv_is_read_back_as_far_as_csv_can(data, folder):
    back = ss.read(folder / "data.csv")
    assert (back.manifest.encoding, back.manifest.delimiter) == ("utf-8", ",")
    assert list(back.frame) == list(data.frame)
    for column in data.frame:
        before, after = data.frame[column], back.frame[column]
        if before.dtype == "boolean":
            after = after.astype("Float64").astype("boolean")
        told = [
            [None if pd.isna(v) else v if column == "weight" else str(v) for v in values]
            for values in (before, after)
        ]
        assert told[0] == told[1], column


def test_the_dictionary_says_where_each_column_comes_from(data, folder):
    rows = table(folder, "dictionary.csv")
    told = {(r["column"], r["survey"], r["wave"]): r for r in rows}
    evening = told["unsafe_evening", "city_safety", "2020"]
    assert evening["variables"] == "F14"
    assert evening["coding"] == "city"
    assert "stays_in_other" in evening["positive"]
    assert evening["universe_en"] == "residents, 16 years and over"
    assert evening["n_valid"] == "65"
    assert evening["n_missing"] == "15"
    crime = told["victim_any_crime", "regional_safety", "2022"]
    assert crime["variables"] == "Q18_1 + Q18_2 + Q18_3 + Q18_4"
    assert crime["wording_known"] == "no"
    assert crime["universe_sv"] == "boende, 16–84 år, endast Järva, Huddinge"
    assert told["weight", "school_survey", "2024"]["variables"] == ""
    assert "everybody has 1" in told["weight", "school_survey", "2024"]["how"]
    assert ("worry_robbery", "school_survey", "2024") not in told
    for row in rows:
        assert row["label_sv"]
        assert row["label_en"]
        h = data.wave(row["survey"], int(row["wave"]))
        assert int(row["n_valid"]) == h.frame[row["column"]].notna().sum()


def test_values_and_reasons_add_up_to_the_respondents(data, folder):
    told: dict[tuple[str, str], int] = {}
    for row in table(folder, "values.csv"):
        key = row["column"], row["survey"]
        told[key] = told.get(key, 0) + int(row["n"])
        assert bool(row["value"]) != bool(row["missing"])
        assert row["label_sv"]
    columns = {c for c in data.frame if c not in ("respondent", "weight", "stratum", "psu")}
    # a column without any value has none to list
    columns -= {c for c in columns if data.frame[c].isna().all()}
    assert set(told) == {(c, s) for c in columns for s in data.surveys}
    assert set(told.values()) == {80}


def test_the_delivered_codes_of_every_respondent(data, folder):
    codes = pd.read_parquet(folder / "delivered_codes.parquet")
    assert codes["respondent"].tolist() == data.frame["respondent"].tolist()
    for i in range(0, len(codes), 7):
        row = codes.iloc[i]
        where = (row["survey"], int(row["wave"]), row["respondent"])
        trace = data.trace(*where, "victim_any_crime")
        assert trace.row == row["row"]
        for part in trace.parts:
            assert row[f"code.{part.question}"] == str(part.code)
        evening = data.trace(*where, "unsafe_evening__research")
        reason = row["reason.unsafe_evening__research"]
        assert (None if pd.isna(reason) else reason) == evening.reason
    school = codes[codes["survey"] == "school_survey"]
    assert set(school["reason.worry_robbery"]) == {"not_asked"}
    assert school["code.worry_robbery"].isna().all()


def test_the_same_bytes_every_time(data, folder, tmp_path):
    again = tmp_path / "again"
    export.write(data, again)
    for name in FILES:
        assert (again / name).read_bytes() == (folder / name).read_bytes(), name


def test_made_up_data_say_so_in_every_file(make_delivery, tmp_path):
    small = make_delivery("city_safety", 2020)
    real = combine([ss.harmonise(small.delivery(), "city_safety")])
    small.notes = ("SYNTETISKA DATA",)
    made_up = combine([ss.harmonise(small.delivery(), "city_safety")])
    export.write(real, tmp_path / "set")
    files = export.write(made_up, tmp_path / "set")
    # nothing of the real set is left beside
    assert sorted(p.name for p in (tmp_path / "set").iterdir()) == sorted(p.name for p in files)
    assert all("SYNTETISK" in p.name for p in files)
    assert ss.read(tmp_path / "set" / "data_SYNTETISK.parquet").manifest.synthetic
    root = ET.parse(tmp_path / "set" / "ddi_SYNTETISK.xml").getroot()
    notes = root.findall(".//d:notes[@type='synthetic data']", DDI)
    assert len(notes) == 4
    assert notes[0].text.startswith("SYNTETISKA DATA")
    with pytest.raises(InputError, match="a CSV file cannot say so"):
        export.write(made_up, tmp_path / "set.csv")
    assert export.write(made_up, tmp_path / "set_SYNTETISK.CSV")[0].is_file()
    assert "SYNTETISKA DATA" in (tmp_path / "set" / "LASMIG_SYNTETISK.md").read_text("utf-8")


def test_other_files_of_the_folder_stay(data, tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    export.write(data, tmp_path)
    assert (tmp_path / "mine.txt").read_text() == "mine"


def test_nothing_is_left_when_writing_fails(data, folder, tmp_path, monkeypatch):
    target = tmp_path / "set"
    export.write(data, target)
    before = {p.name: p.read_bytes() for p in target.iterdir()}

    def broken(*_):
        raise OSError("no space left on device")

    monkeypatch.setattr(export, "to_ddi", broken)
    with pytest.raises(OSError, match="no space"):
        export.write(data, target)
    assert {p.name: p.read_bytes() for p in target.iterdir()} == before
    with pytest.raises(OSError, match="no space"):
        export.write(data, tmp_path / "new")
    assert [p.name for p in tmp_path.iterdir()] == ["set"]


def test_paths_that_cannot_be_written(data, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="is a file; give a folder"):
        export.write(data, tmp_path / "file")
    with pytest.raises(InputError, match="does not exist; create it"):
        export.write(data, tmp_path / "no" / "data.parquet")


def test_the_summary_of_what_is_missing(data):
    told = dictionary.missing_summary(data).set_index("column")
    assert told.loc["unsafe_evening", "missing"] == 45
    assert told.loc["worry_robbery", "why"].startswith("not_asked 160")
    assert "weight" not in told.index


# the order in which the schema of DDI-Codebook 2.5 wants the children of an element
ORDER = {
    "codeBook": ["docDscr", "stdyDscr", "fileDscr", "dataDscr"],
    "stdyDscr": ["citation", "stdyInfo", "method", "notes"],
    "sumDscr": ["timePrd", "collDate", "geogCover", "geogUnit", "anlyUnit", "universe"],
    "method": ["dataColl", "anlyInfo", "dataProcessing"],
    "dataColl": ["sampProc", "targetSampleSize", "collMode", "sources", "weight"],
    "fileTxt": ["fileName", "dimensns", "fileType", "dataMsng", "software"],
    "dataDscr": ["varGrp", "var"],
    "var": [
        "labl", "universe", "sumStat", "txt", "catgry", "codInstr", "concept", "derivation",
        "varFormat", "notes",
    ],
    "catgry": ["catValu", "labl", "catStat"],
}  # fmt: skip


@pytest.fixture(scope="module")
def ddi(folder):
    return ET.parse(folder / "ddi.xml").getroot()


def test_the_ddi_has_the_elements_in_the_order_of_the_schema(ddi):
    assert ddi.tag == f"{{{NAMESPACE}}}codeBook"
    assert ddi.get("version") == "2.5"
    for parent, order in ORDER.items():
        found = [ddi] if parent == "codeBook" else ddi.findall(f".//d:{parent}", DDI)
        assert found, parent
        for element in found:
            tags = [child.tag.rpartition("}")[2] for child in element]
            assert [order.index(t) for t in tags] == sorted(order.index(t) for t in tags), parent


def test_the_ddi_has_what_every_reader_needs(ddi, data):
    titles = [t.text for t in ddi.findall("d:stdyDscr/d:citation/d:titlStmt/d:titl", DDI)]
    assert titles == [f"{h.codebook.title.sv} {h.wave}" for h in data.waves]
    sources = [s.text for s in ddi.findall(".//d:dataSrc", DDI)]
    for h, text in zip(data.waves, sources, strict=True):
        assert h.manifest.file in text
        assert h.manifest.sha256 in text
    modes = [m.text for m in ddi.findall(".//d:collMode", DDI)]
    assert "enkät i klassrummet" in modes
    assert [a.text for a in ddi.findall(".//d:geogCover", DDI)] == ["Järva", "Huddinge"]
    assumed = ddi.findall("d:stdyDscr/d:notes[@type='assumption']", DDI)
    assert len(assumed) >= sum(len(h.assumptions) for h in data.waves)
    assert all(
        "no respondent was left out" in p.text for p in ddi.findall(".//d:dataProcessing", DDI)
    )


def test_ids_are_unique_and_references_lead_somewhere(ddi):
    ids = [e.get("ID") for e in ddi.iter() if e.get("ID")]
    assert len(ids) == len(set(ids))
    assert all(re.fullmatch(r"[A-Za-z_][A-Za-z0-9_.-]*", i) for i in ids)
    for element in ddi.iter():
        for name in ("var", "files", "wgt-var", "sdatrefs"):
            assert set((element.get(name) or "").split()) <= set(ids)


def test_every_column_is_described_with_its_counts(ddi, data):
    described = {v.get("name"): v for v in ddi.findall("d:dataDscr/d:var", DDI)}
    assert list(described) == list(data.frame)
    grouped = " ".join(g.get("var") for g in ddi.findall(".//d:varGrp", DDI)).split()
    assert sorted(grouped) == sorted(v.get("ID") for v in described.values())
    lang = "{http://www.w3.org/XML/1998/namespace}lang"
    for name, variable in described.items():
        assert [x.get(lang) for x in variable.findall("d:labl", DDI)] == ["sv", "en"]
        counts = {s.get("type"): s.text for s in variable.findall("d:sumStat", DDI)}
        assert int(counts["vald"]) == data.frame[name].notna().sum()
        categories = variable.findall("d:catgry", DDI)
        if categories:
            n = sum(int(c.find("d:catStat[@type='freq']", DDI).text) for c in categories)
            assert n == len(data.frame), name
        for category in categories:
            total = int(category.find("d:catStat[@type='freq']", DDI).text)
            by_wave = category.findall("d:catStat[@type='other']", DDI)
            assert sum(int(s.text) for s in by_wave) == total
    evening = described["unsafe_evening"]
    values = {
        c.findtext("d:catValu", namespaces=DDI) or c.get("missType"): (
            c.get("missing"),
            c.findtext("d:labl", namespaces=DDI),
        )
        for c in evening.findall("d:catgry", DDI)
    }
    assert values["1"] == (None, "ja")
    assert values["no_answer"] == ("Y", "ej svar")
    assert values["blank"] == ("Y", "tomt i leveransen")
    assert any("stays_in" in c.text for c in evening.findall("d:codInstr", DDI))
    assert {c.text.partition(" ")[0] for c in evening.findall("d:concept", DDI)} == {
        h.codebook.questions["unsafe_evening"].wording for h in data.waves
    }
    delivered = [n.text for n in evening.findall("d:notes[@type='delivered variable']", DDI)]
    assert "city_safety 2020: F14 of city_safety_2020.sav" in delivered
    crime = described["victim_any_crime"].findtext("d:derivation/d:drvdesc", namespaces=DDI)
    assert "yes when any part is yes" in crime


def test_the_ddi_holds_the_hashes_of_the_data_files(ddi, folder):
    told = {
        f.findtext("d:fileTxt/d:fileName", namespaces=DDI): f.findtext("d:notes", namespaces=DDI)
        for f in ddi.findall("d:fileDscr", DDI)
    }
    assert set(told) == {"data.parquet", "data.csv"}
    for name, text in told.items():
        assert text == "sha256 " + hashlib.sha256((folder / name).read_bytes()).hexdigest()


def test_what_xml_cannot_hold_is_left_out(make_delivery):
    small = make_delivery("city_safety", 2020)
    small.file = "a\x00b\x0b<&>.sav"
    ET.fromstring(to_ddi(combine([ss.harmonise(small.delivery(), "city_safety")])))
