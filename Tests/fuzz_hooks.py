"""What schemathesis cannot know of the interface."""

import schemathesis

HEADER = "Age,Sex,BP,Cholesterol,Na_to_K\n"
TENSORS = {"Age": 45, "Sex": "M", "BP": "HIGH", "Cholesterol": "NORMAL", "Na_to_K": 15.5}


@schemathesis.hook
def map_case(context, case):
    """A table has a header; what stands below it may be anything, but in one that is to be stored."""
    if case.media_type == "text/csv" and case.path.startswith("/datasets") and isinstance(case.body, str):
        case.body = HEADER.replace("\n", ",Drug\n") + "45,M,HIGH,NORMAL,15.5,DrugY\n"
        return case
    if case.media_type == "text/csv" and isinstance(case.body, str) and not case.body.startswith(HEADER):
        case.body = HEADER + case.body
    if case.path.endswith("/infer") and case.media_type == "application/json" and is_right(case):
        agree(case)
    return case


@schemathesis.hook
def filter_case(context, case):
    """A text of digits, meant as a wrong number, is a right one in an address."""
    numbers = [str(value) for value in (case.query or {}).values()]
    wrong = case.method == "GET" and numbers and case.meta is not None and not is_right(case)
    return not (wrong and case.query.keys() <= {"limit", "before"}
                and all(number.isdigit() and 1 <= int(number) <= 1000 for number in numbers))


def is_right(case):
    """Whether a case is meant to be answered well."""
    return case.meta is not None and case.meta.generation.mode.is_positive


def agree(case):
    """Each tensor comes once, all are of one length, and none of the body lies behind the JSON."""
    case.headers.pop("Inference-Header-Content-Length", None)
    given = {tensor["name"]: tensor for tensor in case.body["inputs"]}
    count = max(len(tensor.get("data", [])) for tensor in given.values())
    for name, value in TENSORS.items():
        tensor = given.setdefault(name, {"name": name, "datatype": "BYTES" if isinstance(value, str) else "FP64"})
        data = [item[0] if isinstance(item, list) else item for item in tensor.get("data", [])]
        tensor |= {"shape": [count], "data": (data + [value] * count)[:count]}
        tensor.get("parameters", {}).pop("binary_data_size", None)
    case.body = case.body | {"inputs": list(given.values())}
