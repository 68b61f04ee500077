"""Files of 32 bits and of one table, which readers of less than ONNX Runtime know: both say what the forest says."""

import json

import numpy
import onnx
import onnxruntime
import pytest
from onnx.reference import ReferenceEvaluator
from sklearn.datasets import load_breast_cancer, load_wine

from onnx_files import COLUMNS, LEVELS, NUMBERS, Rows, export, import_model
from onnx_files import forest_says as drugs_say
from onnx_files import thresholds as of_fields
from service import train
from test_onnx_missing import forest_rows, forest_says, rows_at, table, thresholds_of, trees


def reference_says(path, given, count=300):
    """What ONNX's own evaluator says of the first rows; it takes a millisecond for each tree and row."""
    model = onnx.load(path)
    onnx.checker.check_model(model, full_check=True)
    return ReferenceEvaluator(model).run(None, {name: values[:count] for name, values in given.items()})


def session(path):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def single_rows(rows):
    for name in NUMBERS:
        rows.values[name] = rows.values[name].astype(numpy.float32).astype(float)
    return rows


@pytest.mark.parametrize("form", [["--float32"], ["--table"], ["--float32", "--table"]])
@pytest.mark.parametrize("features", ["continuous", "binned"])
def test_an_exported_model_says_the_same_in_each_form(tmp_path, features, form):
    models, path = tmp_path / "models", tmp_path / "model.onnx"
    train(models, "--features", features)
    export(models, tmp_path / "fields.onnx")
    export(models, path, *form)
    version = (models / "current").resolve().name
    generator = numpy.random.default_rng(7)
    # Of doubles there are more thresholds than of what was rounded.
    rows = Rows.random(20_000, generator) + Rows.at(of_fields(onnx.load(tmp_path / "fields.onnx")), generator)
    number = numpy.float64
    if "--float32" in form:
        rows, number = single_rows(rows), numpy.float32
    own_label, own = drugs_say(models, version, rows)
    runner = session(path)
    if "--table" in form:
        names = json.loads(runner.get_modelmeta().custom_metadata_map["columns"])
        given = {"columns": matrix(models, rows, names).astype(number)}
    else:
        given = {
            name: rows.texts(name) if name in LEVELS else rows.values[name].astype(number).reshape(-1, 1)
            for name in [*LEVELS, *NUMBERS]}
    types = {"O": "tensor(string)", "d": "tensor(double)", "f": "tensor(float)"}
    assert {one.name: one.type for one in runner.get_inputs()} == {
        name: types[values.dtype.char] for name, values in given.items()}
    agree(runner.run(None, given), own_label, own)
    if "--float32" in form:
        agree(reference_says(path, given), own_label[:300], own[:300])
    # And it comes back.
    options = ["--columns", features] if "--table" in form else []
    again = import_model(models, path, *options)
    agree(drugs_say(models, again, rows), own_label, own)


def matrix(models, rows, names):
    """The encoded columns by their names."""
    if names == COLUMNS:
        return rows.matrix
    schema = json.loads((models / "current/schema.json").read_text())
    bins = {field["name"]: field["bins"] for field in schema["fields"] if "bins" in field}
    columns = {}
    for name, levels in LEVELS.items():
        columns |= {f"{name}_{level}": rows.values[name] == place for place, level in enumerate(levels)}
    for name, own in bins.items():
        edges, labels = own["edges"], own["labels"]
        place = numpy.searchsorted(edges, rows.values[name], side="left")
        columns |= {f"{name}_binned_{label}": place == number for number, label in enumerate(labels)}
    return numpy.column_stack([columns[name] for name in names]).astype(float)


def agree(answer, own_label, own):
    label, probabilities = answer
    assert numpy.abs(probabilities - own).max() < 1e-6
    ordered = numpy.sort(own, 1)
    tied = ordered[:, -1] - ordered[:, -2] < 1e-6
    assert ((label == own_label) | tied).all() and tied.mean() < 0.2


@pytest.mark.parametrize("form", [["single"], ["table"], ["single", "table"]])
@pytest.mark.parametrize("levels", [[0] * 6, [0, 2, 0, 0, 3, 0]])
def test_missing_values_go_the_same_way_in_each_form(tmp_path, levels, form):
    values, labels = table(levels)
    numpy.column_stack([values, labels]).tofile(tmp_path / "training")
    path, forest = tmp_path / "model.onnx", tmp_path / "forest.rf"
    names = ",".join(map(str, levels))
    forest_rows("train", names, 30, tmp_path / "training", forest, path, *form)
    rows = rows_at(values, thresholds_of(path), levels, numpy.random.default_rng(2))
    number = numpy.float32 if "single" in form else numpy.float64
    numeric = [input for input, count in enumerate(levels) if not count]
    rows[:, numeric] = rows[:, numeric].astype(number)
    given = given_rows(rows, levels, number, is_table="table" in form)
    own_label, own = forest_says(forest, rows, tmp_path)
    label, probabilities = session(path).run(None, given)
    agree((numpy.array([int(text[1:]) for text in label]), probabilities), own_label, own)
    if "single" in form:
        label, probabilities = reference_says(path, given)
        agree((numpy.array([int(text[1:]) for text in label]), probabilities), own_label[:300], own[:300])
    forest_rows("read", names, 2, path, tmp_path / "again.rf")
    agree(forest_says(tmp_path / "again.rf", rows, tmp_path), own_label, own)


def given_rows(rows, levels, number, is_table):
    columns, given = [], {}
    for input, count in enumerate(levels):
        own = rows[:, [input]]
        columns += [own == level for level in range(count)] if count else [own]
        given[f"x{input}"] = numpy.array(
            [["" if numpy.isnan(value) else f"l{int(value)}"] for value in own[:, 0]], dtype=object
        ) if count else own.astype(number)
    return {"columns": numpy.hstack(columns).astype(number)} if is_table else given


@pytest.mark.parametrize("tree_count", [1, 2, 8, 50])
@pytest.mark.parametrize("load", [load_breast_cancer, load_wine])
def test_ties_of_whole_votes_are_told_alike_in_32_bits(tmp_path, load, tree_count):
    values, labels = load(return_X_y=True)
    values = values.astype(numpy.float32).astype(float)
    levels = [0] * values.shape[1]
    numpy.column_stack([values, labels]).tofile(tmp_path / "training")
    path, forest = tmp_path / "model.onnx", tmp_path / "forest.rf"
    forest_rows(
        "train", ",".join(map(str, levels)), tree_count, tmp_path / "training", forest, path, "single", "table")
    near = rows_at(values, thresholds_of(path), levels, numpy.random.default_rng(4))[:5000]
    rows = numpy.concatenate([values, near]).astype(numpy.float32)
    own_label, own = forest_says(forest, rows, tmp_path)
    for label, probabilities in [
            session(path).run(None, {"columns": rows}), reference_says(path, {"columns": rows})]:
        label = numpy.array([int(text[1:]) for text in label])
        assert (label == own_label[:len(label)]).all()
        assert numpy.abs(probabilities - own[:len(label)]).max() < 1e-6


def test_a_forest_that_32_bits_hold_is_plain_without_being_asked(tmp_path):
    """Whole votes on whole numbers: halves as thresholds, so that every reader of doubles may read the file."""
    generator = numpy.random.default_rng(0)
    values = generator.integers(0, 40, (300, 3)).astype(float)
    labels = (values[:, 0] > 12).astype(int) + (values[:, 1] > values[:, 2])
    numpy.column_stack([values, labels]).tofile(tmp_path / "training")
    path, forest = tmp_path / "model.onnx", tmp_path / "forest.rf"
    forest_rows("train", "0,0,0", 20, tmp_path / "training", forest, path)
    assert {"nodes_values", "class_weights"} <= trees(path).keys()
    rows = generator.uniform(-1, 41, (2000, 3))
    given = {f"x{input}": rows[:, [input]] for input in range(3)}
    own_label, own = forest_says(forest, rows, tmp_path)
    for label, probabilities in [session(path).run(None, given), reference_says(path, given)]:
        label = numpy.array([int(text[1:]) for text in label])
        assert (label == own_label[:len(label)]).all()
        assert numpy.abs(probabilities - own[:len(label)]).max() < 1e-7
