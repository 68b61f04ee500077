"""Rows with holes in ONNX, both ways: ONNX Runtime and the forest send what is missing the same way."""

import subprocess

import numpy
import onnx
import onnxruntime
import pytest
from onnx.helper import get_attribute_value
from sklearn.datasets import load_breast_cancer, load_digits, load_wine

from onnx_files import beside
from service import PROGRAMS

ROW_COUNT = 20_000


def forest_rows(*arguments):
    subprocess.run([PROGRAMS / "forest-rows", *map(str, arguments)], check=True)


def forest_says(forest, rows, folder):
    """The labels and probabilities of a forest file."""
    rows.astype(numpy.float64).tofile(folder / "rows")
    forest_rows(forest, folder / "rows", folder / "answers")
    answers = numpy.fromfile(folder / "answers").reshape(len(rows), -1)
    return answers[:, -1].astype(int), answers[:, :-1]


def onnxruntime_says(path, rows, levels):
    """The labels and probabilities of ONNX Runtime; what is missing is NaN, or an empty text."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    inputs = session.get_inputs()
    if len(inputs) == 1:
        type = numpy.float32 if inputs[0].type == "tensor(float)" else numpy.float64
        given = {inputs[0].name: rows.astype(type)}
    else:
        given = {
            f"x{input}": numpy.array(
                [["" if numpy.isnan(value) else f"l{int(value)}"] for value in rows[:, input]], dtype=object)
            if count else rows[:, [input]].astype(numpy.float64)
            for input, count in enumerate(levels)}
    label, probabilities = session.run(None, given)
    if label.dtype == object:
        label = numpy.array([int(text[1:]) for text in label])
    return label, probabilities


def trees(path):
    """The attributes of a model's trees."""
    node = next(node for node in onnx.load(path).graph.node if node.op_type == "TreeEnsembleClassifier")
    return {one.name: get_attribute_value(one) for one in node.attribute}


def thresholds_of(path):
    """The thresholds, in whichever of the two lists they stand."""
    found = trees(path)
    plain = found.get("nodes_values")
    return numpy.array(plain) if plain else onnx.numpy_helper.to_array(found["nodes_values_as_tensor"])


def table(levels):
    """Breast cancer with holes in half of its numbers, some of them where the class suggests it, and levels."""
    generator = numpy.random.default_rng(1)
    values, labels = load_breast_cancer(return_X_y=True)
    values = values[:, :sum(count == 0 for count in levels)]
    holes = generator.random(values.shape) < 0.25
    holes[:, ::2] = False
    holes[:, 1] |= (labels == 1) & (generator.random(len(labels)) < 0.5)
    values[holes] = numpy.nan
    columns, place = [], 0
    for count in levels:
        if count:
            own = (labels + generator.integers(0, count, len(labels))) % count
            columns.append(numpy.where(generator.random(len(labels)) < 0.2, numpy.nan, own))
        else:
            columns.append(values[:, place])
            place += 1
    return numpy.column_stack(columns), labels


def rows_at(values, thresholds, levels, generator):
    """Rows whose numbers lie on thresholds, beside them, anywhere or nowhere."""
    near = beside(thresholds[numpy.isfinite(thresholds)])
    rows = []
    for input, count in enumerate(levels):
        own = values[:, input]
        own = generator.choice(own[~numpy.isnan(own)], ROW_COUNT)
        if not count:
            own = numpy.where(generator.random(ROW_COUNT) < 0.5, generator.choice(near, ROW_COUNT), own)
        rows.append(numpy.where(generator.random(ROW_COUNT) < 0.3, numpy.nan, own))
    return numpy.column_stack(rows)


def agree(path, forest, rows, levels, folder):
    label, probabilities = onnxruntime_says(path, rows, levels)
    own_label, own_probabilities = forest_says(forest, rows, folder)
    assert numpy.abs(probabilities - own_probabilities).max() < 1e-6
    # Of classes that are tied in 32 bits either may be named.
    tied = numpy.sort(probabilities, 1)[:, -1] - numpy.sort(probabilities, 1)[:, -2] < 1e-6
    assert ((label == own_label) | tied).all() and tied.mean() < 0.2


@pytest.mark.parametrize("levels", [[0] * 6, [0, 2, 0, 0, 3, 0]])
def test_a_forest_sends_missing_values_the_same_way_in_onnx_runtime(tmp_path, levels):
    values, labels = table(levels)
    numpy.column_stack([values, labels]).tofile(tmp_path / "training")
    names = ",".join(map(str, levels))
    path, forest = tmp_path / "model.onnx", tmp_path / "forest.rf"
    forest_rows("train", names, 30, tmp_path / "training", forest, path)
    onnx.checker.check_model(onnx.load(path), full_check=True)
    tracks = numpy.array(trees(path)["nodes_missing_value_tracks_true"])
    thresholds = thresholds_of(path)
    assert 0.05 < tracks.mean() < 0.45 and numpy.isposinf(thresholds).any()
    rows = rows_at(values, thresholds, levels, numpy.random.default_rng(2))
    agree(path, forest, rows, levels, tmp_path)
    # And it comes back as it was.
    forest_rows("read", names, 2, path, tmp_path / "again.rf")
    (label, probabilities), (own_label, own) = (
        forest_says(file, rows, tmp_path) for file in (forest, tmp_path / "again.rf"))
    assert (label == own_label).all() and (probabilities == own).all()


@pytest.mark.parametrize("tree_count", [1, 2, 10, 50])
@pytest.mark.parametrize("load", [load_breast_cancer, load_wine, load_digits])
def test_an_exported_forest_names_the_same_class_in_onnx_runtime_where_trees_are_tied(tmp_path, load, tree_count):
    """Trees of full growth have whole votes, so that ties are exact: of those the first class is named."""
    values, labels = load(return_X_y=True)
    levels = [0] * values.shape[1]
    numpy.column_stack([values, labels]).tofile(tmp_path / "training")
    path, forest = tmp_path / "model.onnx", tmp_path / "forest.rf"
    forest_rows("train", ",".join(map(str, levels)), tree_count, tmp_path / "training", forest, path)
    onnx.checker.check_model(onnx.load(path), full_check=True)
    random = rows_at(values, thresholds_of(path), levels, numpy.random.default_rng(4))[:5000]
    rows = numpy.concatenate([values, random])
    label, probabilities = onnxruntime_says(path, rows, levels)
    own_label, own_probabilities = forest_says(forest, rows, tmp_path)
    assert (label == own_label).all() and (label == probabilities.argmax(1)).all()
    assert numpy.abs(probabilities - own_probabilities).max() < 1e-6
    ordered = numpy.sort(own_probabilities, 1)
    assert ((ordered[:, -1] == ordered[:, -2]).sum() > 20) == (tree_count > 1)


def sklearn_forest(values, labels):
    from skl2onnx import to_onnx
    from skl2onnx.common.data_types import FloatTensorType
    from sklearn.ensemble import RandomForestClassifier

    model = RandomForestClassifier(20, random_state=0).fit(values, labels)
    return to_onnx(
        model, initial_types=[("X", FloatTensorType([None, values.shape[1]]))], options={"zipmap": False})


def xgboost_trees(values, labels):
    import onnxmltools
    import xgboost
    from onnxmltools.convert.common.data_types import FloatTensorType

    model = xgboost.XGBClassifier(n_estimators=4, max_depth=3, n_jobs=1)
    model.fit(values, labels)
    return onnxmltools.convert_xgboost(model, initial_types=[("X", FloatTensorType([None, values.shape[1]]))])


# skl2onnx 1.20 writes that everything missing goes where the comparison is false, whatever the model had learned.
@pytest.mark.parametrize("class_count", [2, 3])
@pytest.mark.parametrize(("convert", "tracks"), [(sklearn_forest, False), (xgboost_trees, True)])
def test_a_model_of_another_program_sends_missing_values_the_same_way_here(tmp_path, convert, tracks, class_count):
    levels = [0] * 3
    values, labels = table(levels)
    if class_count == 3:
        labels = labels + (values[:, 0] > 15)
    path = tmp_path / "model.onnx"
    onnx.save(convert(values, labels), path)
    found = trees(path)
    assert any(found["nodes_missing_value_tracks_true"]) == tracks
    assert len(found["classlabels_int64s"]) == class_count
    forest_rows("read", "0,0,0", class_count, path, tmp_path / "forest.rf")
    rows = rows_at(values, numpy.array(found["nodes_values"]), levels, numpy.random.default_rng(3))
    agree(path, tmp_path / "forest.rf", rows, levels, tmp_path)
