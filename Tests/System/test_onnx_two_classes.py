"""Models of two classes in ONNX: ONNX Runtime, which has rules of its own for them, and the forest say the same."""

import itertools
import json

import lightgbm
import numpy
import onnx
import onnxmltools
import pandas
import pytest
import xgboost
from onnx import TensorProto, helper
from onnxmltools.convert.common.data_types import FloatTensorType as ToolsFloat
from skl2onnx import to_onnx
from skl2onnx.common.data_types import DoubleTensorType, FloatTensorType
from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import ExtraTreesClassifier, GradientBoostingClassifier, RandomForestClassifier
from sklearn.tree import DecisionTreeClassifier

from onnx_files import COLUMNS, import_model, try_import
from test_onnx_missing import forest_says
from test_onnx_pipelines import FOLDER, Table, agree, drug200, open_session, refused


def in_two():
    """drug200 with its drugs in two groups, as make.py has them."""
    table = drug200()
    table.drugs = numpy.where(numpy.isin(table.drugs, ["DrugY", "drugA"]), "one", "two")
    return table


def breast_cancer(count):
    data = load_breast_cancer(as_frame=True)
    frame = data.data.iloc[:, :count]
    return Table({}, list(frame), frame, numpy.array(["alpha", "beta"])[data.target])


TABLES = {"drug200": in_two(), "six": breast_cancer(6), "thirty": breast_cancer(30)}


def columns(table):
    """The names of a table's columns for --columns, and their numbers."""
    hot = [f"{name}_{level}" for name, levels in table.levels.items() for level in levels]
    matrix = numpy.column_stack([
        *(table.frame[name] == level for name, levels in table.levels.items() for level in levels),
        *(table.frame[name] for name in table.numbers)]).astype(numpy.float32)
    return [*hot, *table.numbers], matrix


def with_schema(folder, table):
    (folder / "schema.json").write_text(json.dumps(table.description()))
    return ["--schema", folder / "schema.json"]


def by_sklearn(type=FloatTensorType):
    def convert(model, matrix, drugs):
        return to_onnx(
            model.fit(matrix, drugs), initial_types=[("X", type([None, matrix.shape[1]]))], options={"zipmap": False})
    return convert


def by_xgboost(model, matrix, drugs):
    model.fit(matrix, numpy.unique(drugs, return_inverse=True)[1])
    return onnxmltools.convert_xgboost(model, initial_types=[("X", ToolsFloat([None, matrix.shape[1]]))])


def by_lightgbm(model, matrix, drugs):
    return onnxmltools.convert_lightgbm(
        model.fit(matrix, drugs), initial_types=[("X", ToolsFloat([None, matrix.shape[1]]))], zipmap=False)


def lgbm(**options):
    return lightgbm.LGBMClassifier(n_jobs=1, verbose=-1, **options)


def xgb(**options):
    return xgboost.XGBClassifier(n_jobs=1, **options)


# For each name the table, the model and what writes it.
MODELS = {
    "forest": ("drug200", RandomForestClassifier(50, random_state=0), by_sklearn()),
    "forest of doubles": ("drug200", RandomForestClassifier(51, random_state=1), by_sklearn(DoubleTensorType)),
    "forest of thirty columns": ("thirty", RandomForestClassifier(101, random_state=2), by_sklearn()),
    "forest of leaves": ("six", RandomForestClassifier(100, max_leaf_nodes=12, random_state=3), by_sklearn()),
    "extra trees": ("six", ExtraTreesClassifier(30, max_depth=6, random_state=4), by_sklearn()),
    "tree": ("six", DecisionTreeClassifier(random_state=5), by_sklearn()),
    "gradient boosting": ("drug200", GradientBoostingClassifier(random_state=6), by_sklearn()),
    "gradient boosting of six columns": (
        "six", GradientBoostingClassifier(n_estimators=8, random_state=7), by_sklearn()),
    "gradient boosting from nothing": (
        "drug200", GradientBoostingClassifier(n_estimators=20, init="zero", subsample=0.7, random_state=8), by_sklearn()),
    "XGBoost": ("drug200", xgb(n_estimators=100), by_xgboost),
    "XGBoost of six columns": ("six", xgb(n_estimators=8, max_depth=3), by_xgboost),
    "XGBoost from the middle": ("six", xgb(n_estimators=6, max_depth=3, base_score=0.5), by_xgboost),
    "LightGBM": ("drug200", lgbm(n_estimators=100), by_lightgbm),
    "LightGBM of six columns": ("six", lgbm(n_estimators=8, num_leaves=6), by_lightgbm),
}


def write(name):
    table, model, convert = MODELS[name]
    table = TABLES[table]
    names, matrix = columns(table)
    return table, convert(model, matrix, table.drugs), ["--columns", ",".join(names)]


@pytest.mark.parametrize("name", MODELS)
def test_a_model_of_two_classes_says_here_what_it_says_in_onnx_runtime(tmp_path, name):
    table, model, options = write(name)
    agree(tmp_path, table, model, *options, "--classes", ",".join(sorted(set(table.drugs))))


def test_where_a_forest_is_tied_the_first_class_is_named_as_scikit_learn_does(tmp_path):
    """ONNX Runtime's sum of ten times 0.05 in 32 bits is above 0.5."""
    table = TABLES["six"]
    names, matrix = columns(table)
    forest = RandomForestClassifier(20, random_state=0)
    model = by_sklearn()(forest, matrix, table.drugs)
    onnx.save(model, tmp_path / "model.onnx")
    version = import_model(
        tmp_path / "models", tmp_path / "model.onnx", *with_schema(tmp_path, table), "--columns", ",".join(names))
    generator = numpy.random.default_rng(4)
    rows = table.rows({name: table.frame[name] for name in names}, generator).astype(numpy.float32)
    label, own = forest_says(tmp_path / "models/registry" / version / "forest.rf", rows.to_numpy(float), tmp_path)
    assert (own[:, 0] == 0.5).mean() > 0.02
    assert (numpy.array(["alpha", "beta"])[label] == forest.predict(rows.to_numpy())).all()


@pytest.mark.parametrize("name", ["hist-gradient-boosting-2", "catboost-2"])
def test_two_classes_that_were_written_elsewhere_say_the_same_here(tmp_path, name):
    agree(tmp_path, TABLES["drug200"], onnx.load(FOLDER / f"{name}.onnx"), "--columns", ",".join(COLUMNS))


def trees(generator, labels, low, high):
    """Four trees of one test each of a column of their own, whose leaves weigh the classes."""
    return [
        [{label: generator.uniform(low, high) for label in labels} for _ in range(2)] for _ in range(4)]


def shares(generator):
    """The same, both classes having shares that make up a quarter, the second one the smaller ones."""
    return [[{0: 0.25 - own[1], 1: own[1]} for own in pair] for pair in trees(generator, [1], 0, 0.2)]


def opposite(generator):
    return [[{0: -own[1], 1: own[1]} for own in pair] for pair in trees(generator, [1], -1, 1)]


def ensemble(trees, transform, base=(), labels=("one", "two"), names=True):
    """A file of them; `names` says whether the class is among its outputs."""
    nodes = [
        (tree, node, mode, tree, 0.0, 1 if node == 0 else 0, 2 if node == 0 else 0)
        for tree in range(len(trees)) for node, mode in enumerate(["BRANCH_LEQ", "LEAF", "LEAF"])]
    weights = [
        (tree, leaf + 1, label, float(weight)) for tree, pair in enumerate(trees) for leaf, own in enumerate(pair)
        for label, weight in own.items()]
    lists = dict(zip(
        ["nodes_treeids", "nodes_nodeids", "nodes_modes", "nodes_featureids", "nodes_values", "nodes_truenodeids",
         "nodes_falsenodeids"], map(list, zip(*nodes))))
    lists |= dict(zip(["class_treeids", "class_nodeids", "class_ids", "class_weights"], map(list, zip(*weights))))
    lists["classlabels_strings" if isinstance(labels[0], str) else "classlabels_int64s"] = list(labels)
    if base:
        lists["base_values"] = base
    node = helper.make_node(
        "TreeEnsembleClassifier", ["X"], ["label", "probabilities"], domain="ai.onnx.ml", post_transform=transform,
        **lists)
    type = TensorProto.STRING if isinstance(labels[0], str) else TensorProto.INT64
    outputs = [
        helper.make_tensor_value_info("label", type, [None]),
        helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, [None, 2])]
    graph = helper.make_graph(
        [node], "trees", [helper.make_tensor_value_info("X", TensorProto.FLOAT, [None, len(trees)])],
        outputs if names else outputs[1:])
    imports = [helper.make_opsetid("", 17), helper.make_opsetid("ai.onnx.ml", 3)]
    return helper.make_model(graph, opset_imports=imports, ir_version=8)


FOUR = Table({}, ["x0", "x1", "x2", "x3"], None, ["one", "two"])


# What the leaves can weigh; for each the transforms, the counts of base values, and whether the class may be among
# the outputs, with which a file is read. Of all others ONNX Runtime's answers are no probabilities, or the class is
# not that of the greatest one.
KINDS = {
    "one score of shares": (
        lambda own: trees(own, [0], 0, 0.24),
        {("NONE", 0, True), ("NONE", 0, False), ("NONE", 1, True), ("NONE", 1, False), ("LOGISTIC", 0, False),
         ("LOGISTIC", 1, False)}),
    "one score": (
        lambda own: trees(own, [0], -1, 1),
        {("LOGISTIC", 0, True), ("LOGISTIC", 0, False), ("LOGISTIC", 1, True), ("LOGISTIC", 1, False)}),
    "one score that is never small": (
        lambda own: trees(own, [0], 0.3, 1),
        {("LOGISTIC", 0, True), ("LOGISTIC", 0, False), ("LOGISTIC", 1, True), ("LOGISTIC", 1, False)}),
    "one score of the second class": (lambda own: trees(own, [1], -1, 1), set()),
    "two opposite scores": (
        opposite,
        {("LOGISTIC", 0, True), ("LOGISTIC", 0, False), ("SOFTMAX", 0, True), ("SOFTMAX", 0, False)}),
    "two scores": (lambda own: trees(own, [0, 1], -1, 1), {("SOFTMAX", 0, False)}),
    "two shares": (shares, {("NONE", 0, False), ("SOFTMAX", 0, False)}),
    "a second score that a leaf lacks": (
        lambda own: [[{0: 0.25}, pair[1]] for pair in shares(own)], set()),
    "a tree for each class": (
        lambda own: trees(own, [0], -2, -1)[:2] + trees(own, [1], -1, 0.3)[:2], {("SOFTMAX", 0, False)}),
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_file_of_two_classes_is_refused_or_says_the_same_here(tmp_path, kind):
    make, kept = KINDS[kind]
    options = [*with_schema(tmp_path, FOUR), "--columns", ",".join(FOUR.numbers)]
    rows = numpy.array(list(itertools.product([-1, 1], repeat=4)), dtype=float)
    found = set()
    for transform, base, names in itertools.product(
            ["NONE", "LOGISTIC", "SOFTMAX"], [[], [0.01], [0.01, -0.01]], [True, False]):
        model = ensemble(make(numpy.random.default_rng(3)), transform, base, names=names)
        onnx.save(model, tmp_path / "model.onnx")
        done = try_import(tmp_path / "models", tmp_path / "model.onnx", *options)
        if done.returncode:
            assert "no probabilities" in done.stderr or "ONNX Runtime names another class" in done.stderr
            continue
        found.add((transform, len(base), names))
        *label, probabilities = open_session(model).run(None, {"X": rows.astype(numpy.float32)})
        version = done.stdout.split()[1]
        own_label, own = forest_says(tmp_path / "models/registry" / version / "forest.rf", rows, tmp_path)
        assert numpy.abs(probabilities - own).max() < 1e-6
        assert (own_label == probabilities.argmax(1)).all()
        assert not names or (label[0] == numpy.array(["one", "two"], dtype=object)[own_label]).all()
    assert found == kept


def by_number(folder):
    """Two scores of classes that have other numbers than 0 and 1, by which ONNX Runtime calls them."""
    model = ensemble(opposite(numpy.random.default_rng(3)), "LOGISTIC", labels=(1, 2))
    assert set(open_session(model).run(None, {"X": numpy.float32([[1, 1, 1, 1], [-1, -1, -1, -1]])})[0]) <= {0, 1}
    return FOUR, model, FOUR.numbers


def of_many_classes(model, convert):
    def make(folder):
        names, matrix = columns(TABLES["six"])
        return TABLES["six"], convert(model, matrix, TABLES["six"].drugs), names
    return make


# Why a file is refused, with the way out.
REFUSED = {
    "LightGBM of any number of classes": (
        of_many_classes(lgbm(n_estimators=3, objective="multiclass", num_class=2), by_lightgbm),
        'Train it with one score (objective="binary" in LightGBM, "binary:logistic" in XGBoost)'),
    "XGBoost of any number of classes": (
        of_many_classes(xgb(n_estimators=3, objective="multi:softprob", num_class=2), by_xgboost),
        'train it with one score, as XGBoost does by objective="binary:logistic"'),
    "numbers": (by_number, "del model.graph.output[0]"),
    "exponential loss": (
        of_many_classes(GradientBoostingClassifier(n_estimators=3, loss="exponential"), by_sklearn()),
        'as GradientBoostingClassifier is with loss="log_loss"'),
    "LightGBM's forest": (
        of_many_classes(
            lgbm(n_estimators=3, boosting_type="rf", bagging_freq=1, bagging_fraction=0.7), by_lightgbm),
        'boosting_type="rf"'),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused_of_two_classes_is_told_with_a_way_out(tmp_path, name):
    make, way_out = REFUSED[name]
    table, model, names = make(tmp_path)
    options = [
        *with_schema(tmp_path, table), "--columns", ",".join(names), "--classes", ",".join(sorted(set(table.drugs)))]
    assert way_out in refused(tmp_path, model, *options)


def test_the_way_out_of_other_classes_is_one(tmp_path):
    table, model, names = REFUSED["LightGBM of any number of classes"][0](tmp_path)
    del model.graph.output[0]
    onnx.save(model, tmp_path / "model.onnx")
    version = import_model(
        tmp_path / "models", tmp_path / "model.onnx", *with_schema(tmp_path, table), "--columns", ",".join(names),
        "--classes", "alpha,beta")
    rows = table.frame.to_numpy()
    probabilities = pandas.DataFrame(open_session(model).run(None, {"X": rows.astype(numpy.float32)})[0]).to_numpy()
    label, own = forest_says(tmp_path / "models/registry" / version / "forest.rf", rows, tmp_path)
    assert numpy.abs(probabilities - own).max() < 1e-6 and (label == probabilities.argmax(1)).all()
