"""ONNX's own node tests of trees, and forests in the operator that they are of: `TreeEnsemble` of ai.onnx.ml 5."""

import json
import warnings

import numpy
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper
from onnx.helper import get_attribute_value
from sklearn.datasets import load_breast_cancer, load_wine

from onnx_files import beside, import_model, try_import
from test_onnx_missing import forest_rows, forest_says, rows_at, table, trees
from test_onnx_pipelines import Table
from test_onnx_two_classes import with_schema

with warnings.catch_warnings():
    # Those that it makes on the way to tests of other operators.
    warnings.simplefilter("ignore", RuntimeWarning)
    from onnx.backend.test.case.node import collect_testcases

    CASES = {
        case.name.removeprefix("test_ai_onnx_ml_"): case
        for case in [*collect_testcases("TreeEnsemble"), *collect_testcases("TreeEnsembleClassifier")]}

# Why each is refused as it is: neither is a classifier.
REFUSED = {
    "tree_ensemble_single_tree": "its sums are no probabilities: ",
    "tree_ensemble_set_membership": "a node compares a measured number by BRANCH_MEMBER",
}


def numbers(count, classes):
    return Table({}, [f"x{number}" for number in range(count)], None, classes)


def test_the_node_tests_are_those_that_are_known_here():
    assert CASES.keys() == REFUSED.keys()


@pytest.mark.parametrize("name", REFUSED)
def test_a_node_test_is_refused_with_its_reason(tmp_path, name):
    [(inputs, _)] = CASES[name].data_sets
    columns = numbers(inputs[0].shape[1], ["c0", "c1", "c2", "c3"])
    onnx.save(CASES[name].model, tmp_path / "model.onnx")
    classes = columns.drugs[:4 if "membership" in name else 2]
    done = try_import(
        tmp_path / "models", tmp_path / "model.onnx", *with_schema(tmp_path, columns), "--columns",
        ",".join(columns.names), "--classes", ",".join(classes))
    assert done.returncode == 1 and REFUSED[name] in done.stderr and not (tmp_path / "models").exists()


def changed(name, softmax=False, **attributes):
    """A node test with other attributes, any number of rows, and a softmax behind."""
    model = onnx.ModelProto()
    model.CopyFrom(CASES[name].model)
    node = model.graph.node[0]
    kept = [one for one in node.attribute if one.name not in attributes]
    del node.attribute[:]
    node.attribute.extend(kept + [helper.make_attribute(*one) for one in attributes.items()])
    for value in [model.graph.input[0], model.graph.output[0]]:
        value.type.tensor_type.shape.dim[0].dim_param = "n"
    if softmax:
        model.graph.node.append(helper.make_node("Softmax", [node.output[0]], ["probabilities"], axis=1))
        model.graph.output[0].name = "probabilities"
        model.opset_import.append(helper.make_opsetid("", 17))
    return model


def runtime_says(model, rows):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    type = {"tensor(float)": numpy.float32, "tensor(double)": numpy.float64}[session.get_inputs()[0].type]
    return session.run(None, {session.get_inputs()[0].name: rows.astype(type)})


@pytest.mark.parametrize("tracks", [None, [1, 0, 1]])
def test_the_tree_of_a_node_test_says_the_same_with_softmax(tmp_path, tracks):
    more = {} if tracks is None else {"nodes_missing_value_tracks_true": tracks}
    model = changed("tree_ensemble_single_tree", softmax=True, **more)
    onnx.save(model, tmp_path / "model.onnx")
    forest_rows("read", "0,0", 2, tmp_path / "model.onnx", tmp_path / "forest.rf")
    generator = numpy.random.default_rng(1)
    near = numpy.concatenate([beside(numpy.array([3.14, 1.2, 4.2])), [numpy.nan, -numpy.inf, numpy.inf]])
    rows = numpy.concatenate([CASES["tree_ensemble_single_tree"].data_sets[0][0][0], generator.choice(near, (500, 2))])
    [probabilities] = runtime_says(model, rows)
    label, own = forest_says(tmp_path / "forest.rf", rows, tmp_path)
    assert numpy.abs(probabilities - own).max() < 1e-6 and (label == probabilities.argmax(1)).all()
    assert set(label) == {0, 1}


@pytest.mark.parametrize("tracks", [None, [0, 1, 0], [1, 0, 1]])
def test_the_memberships_of_a_node_test_are_kept_of_the_places_of_a_category(tmp_path, tracks):
    more = {} if tracks is None else {"nodes_missing_value_tracks_true": tracks}
    model = changed(
        "tree_ensemble_set_membership", softmax=True, **more,
        leaf_weights=numpy_helper.from_array(numpy.array([1, 3, 4, 2], numpy.float32), "leaf_weights"))
    onnx.save(model, tmp_path / "model.onnx")
    levels = {"x0": [f"l{place:02}" for place in range(14)]}
    columns = Table(levels, [], None, ["c0", "c1", "c2", "c3"], optional=["x0"])
    version = import_model(
        tmp_path / "models", tmp_path / "model.onnx", *with_schema(tmp_path, columns), "--columns", "x0",
        "--classes", "c0,c1,c2,c3")
    rows = numpy.array([[*range(14), numpy.nan]]).T
    [probabilities] = runtime_says(model, rows)
    label, own = forest_says(tmp_path / "models/registry" / version / "forest.rf", rows, tmp_path)
    assert numpy.abs(probabilities - own).max() < 1e-6 and (label == probabilities.argmax(1)).all()
    assert set(label) == {0, 1, 2, 3}


def as_targets(path, mean):
    """A forest of whole votes in the operator TreeEnsemble, as a sum of shares or as a mean of votes, its class
    named behind it."""
    old = trees(path)
    source = onnx.load(path)
    classes = [int(label) for label in old["classlabels_int64s"]]
    votes = {}
    for tree, node, label, weight in zip(*(old[f"class_{name}"] for name in ["treeids", "nodeids", "ids", "weights"])):
        if weight > 0:
            assert votes.setdefault((tree, node), label) == label
    tree_count = max(old["nodes_treeids"]) + 1
    kinds = dict(zip(zip(old["nodes_treeids"], old["nodes_nodeids"]), old["nodes_modes"]))
    inner = {key: place for place, key in enumerate(key for key, kind in kinds.items() if kind != b"LEAF")}
    leaves = {key: place for place, key in enumerate(votes)}
    lists = {name: [] for name in [
        "nodes_featureids", "nodes_truenodeids", "nodes_trueleafs", "nodes_falsenodeids", "nodes_falseleafs",
        "nodes_missing_value_tracks_true"]}
    splits, roots = [], []
    for place, tree in enumerate(old["nodes_treeids"]):
        key = tree, old["nodes_nodeids"][place]
        if key[1] == 0:
            roots.append(inner[key])
        if key not in inner:
            continue
        splits.append(old["nodes_values"][place])
        lists["nodes_featureids"].append(old["nodes_featureids"][place])
        lists["nodes_missing_value_tracks_true"].append(old["nodes_missing_value_tracks_true"][place])
        for side in ["true", "false"]:
            child = tree, old[f"nodes_{side}nodeids"][place]
            lists[f"nodes_{side}leafs"].append(int(child in leaves))
            lists[f"nodes_{side}nodeids"].append(leaves[child] if child in leaves else inner[child])
    single = TensorProto.FLOAT
    node = helper.make_node(
        "TreeEnsemble", ["X"], ["probabilities"], domain="ai.onnx.ml", n_targets=len(classes), tree_roots=roots,
        aggregate_function=int(not mean), leaf_targetids=list(votes.values()),
        leaf_weights=helper.make_tensor(
            "leaf_weights", single, [len(votes)], [1.0 if mean else 1 / tree_count] * len(votes)),
        nodes_splits=helper.make_tensor("nodes_splits", single, [len(splits)], splits),
        nodes_modes=helper.make_tensor("nodes_modes", TensorProto.UINT8, [len(splits)], bytes(len(splits)), raw=True),
        **lists)
    place = helper.make_node("ArgMax", ["probabilities"], ["place"], axis=1, keepdims=0)
    label = helper.make_node(
        "LabelEncoder", ["place"], ["label"], domain="ai.onnx.ml", keys_int64s=classes,
        values_strings=[f"c{label}" for label in classes])
    width = source.graph.input[0].type.tensor_type.shape.dim[1].dim_value
    graph = helper.make_graph(
        [node, place, label], "forest", [helper.make_tensor_value_info("X", single, [None, width])],
        [helper.make_tensor_value_info("label", TensorProto.STRING, [None]),
         helper.make_tensor_value_info("probabilities", single, [None, len(classes)])])
    model = helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", 17), helper.make_opsetid("ai.onnx.ml", 5)], ir_version=10)
    onnx.checker.check_model(model, full_check=True)
    return model


@pytest.mark.parametrize("mean", [False, True])
@pytest.mark.parametrize("load", [load_breast_cancer, load_wine, None])
def test_a_forest_in_the_operator_of_the_node_tests_keeps_its_trees(tmp_path, load, mean):
    values, labels = load(return_X_y=True) if load else table([0] * 6)
    levels = [0] * values.shape[1]
    numpy.column_stack([values, labels]).tofile(tmp_path / "training")
    forest_rows(
        "train", ",".join(map(str, levels)), 15, tmp_path / "training", tmp_path / "first.rf",
        tmp_path / "first.onnx", "single", "table")
    model = as_targets(tmp_path / "first.onnx", mean)
    onnx.save(model, tmp_path / "model.onnx")
    columns = numbers(len(levels), [f"c{label}" for label in sorted(set(labels))])
    columns.optional = set(columns.names)
    done = try_import(
        tmp_path / "models", tmp_path / "model.onnx", *with_schema(tmp_path, columns), "--columns",
        ",".join(columns.names))
    assert "  15 trees, " in done.stdout and "folded" not in done.stdout, done.stderr
    forest = tmp_path / "models/registry" / done.stdout.split()[1] / "forest.rf"
    near = rows_at(
        values, numpy.array(trees(tmp_path / "first.onnx")["nodes_values"]), levels, numpy.random.default_rng(4))
    rows = numpy.concatenate([values, near]).astype(numpy.float32)
    label, probabilities = runtime_says(model, rows)
    own_label, own = forest_says(forest, rows, tmp_path)
    first_label, first = forest_says(tmp_path / "first.rf", rows, tmp_path)
    assert numpy.abs(probabilities - own).max() < 1e-6 and numpy.abs(first - own).max() < 1e-6
    assert (own_label == first_label).all() and (label == numpy.array(columns.drugs)[own_label]).all()


@pytest.mark.parametrize(("number", "other"), [(1, 2), (2, 1)])
def test_onnx_runtime_takes_each_transform_for_the_other(number, other):
    """Which is why none is read; the specification has SOFTMAX as 1 and LOGISTIC as 2."""
    rows = numpy.array([[1.0, 2.0], [4.0, 2.0]])
    [raw], [found] = (
        runtime_says(changed("tree_ensemble_single_tree", post_transform=transform), rows) for transform in [0, number])
    says = {1: numpy.exp(raw) / numpy.exp(raw).sum(1, keepdims=True), 2: 1 / (1 + numpy.exp(-raw))}
    assert numpy.abs(found - says[other]).max() < 1e-6 < numpy.abs(found - says[number]).max()


def tensor(values, type=TensorProto.FLOAT):
    return helper.make_tensor("values", type, [len(values)], values)


# Changes of the softmax of a node test, with the reason why that is refused.
DAMAGE = {
    "different lengths": ({"nodes_featureids": [0, 0]}, "the lists nodes_… have different lengths"),
    "leaves of different lengths": ({"leaf_targetids": [0, 1]}, "the lists leaf_… have different lengths"),
    "no such column": ({"nodes_featureids": [0, 2, 0]}, "node 1 tests column 2 of 2"),
    "no such leaf": ({"nodes_falsenodeids": [2, 2, 4]}, "it has no leaf 4"),
    "no such node": ({"nodes_falsenodeids": [3, 2, 3]}, "it has no node 3"),
    "two parents": ({"nodes_falsenodeids": [1, 2, 3]}, "node 1 has two parents"),
    "in a circle": ({"nodes_falsenodeids": [0, 2, 3]}, "node 0 has two parents"),
    "no child": (
        {"nodes_trueleafs": [1, 1, 1]}, "node 1 is no node's child, and no root"),
    "no root": ({"tree_roots": [7]}, "it has no node 7"),
    "one target": ({"n_targets": 1}, "one alone is a regression"),
    "many targets": ({"n_targets": 1 << 40}, "2 to 2 can be kept"),
    "another target": ({"leaf_targetids": [0, 1, 0, 2]}, "leaf 3 weighs target 2 of 2"),
    "no number": (
        {"leaf_weights": tensor([1, 2, numpy.inf, 3.0], TensorProto.DOUBLE)}, "a leaf has a weight that is no number"),
    "no threshold": (
        {"nodes_splits": tensor([1, numpy.nan, 3.0], TensorProto.DOUBLE)}, "node 1 has no number as its threshold"),
    "another mode": ({"nodes_modes": tensor([0, 7, 0], TensorProto.UINT8)}, "node 1 compares in a way"),
    "no members": (
        {"nodes_modes": tensor([0, 6, 0], TensorProto.UINT8)}, "node 1 has no membership_values"),
    "the greatest": ({"aggregate_function": 3}, "aggregate_function MAX cannot be kept, only sums"),
    "a transform": ({"post_transform": 1}, "post_transform SOFTMAX cannot be kept"),
    "an unknown transform": ({"post_transform": 9}, "post_transform 9 cannot be kept"),
}


@pytest.mark.parametrize("name", DAMAGE)
def test_what_is_no_ensemble_is_refused_in_words(tmp_path, name):
    attributes, reason = DAMAGE[name]
    model = changed("tree_ensemble_single_tree", softmax=True, **attributes)
    onnx.save(model, tmp_path / "model.onnx")
    columns = numbers(2, ["c0", "c1"])
    done = try_import(
        tmp_path / "models", tmp_path / "model.onnx", *with_schema(tmp_path, columns), "--columns", "x0,x1",
        "--classes", "c0,c1")
    assert done.returncode == 1 and reason in done.stderr, done.stderr
    assert "(TreeEnsemble)" in done.stderr
