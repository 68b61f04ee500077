"""What schemathesis cannot know of the interface."""

import re
from urllib.parse import parse_qsl, urlsplit

import requests
import schemathesis


@schemathesis.hook
def map_case(context, case):
    """A table has a header; what stands below it may be anything, but in one that is to be stored."""
    if case.media_type == "text/csv" and isinstance(case.body, str):
        example = documented(case)
        header = example[:example.index("\n") + 1]
        if case.path.startswith("/datasets"):
            case.body = header + example.split("\n")[1] + "\n"
        elif not case.body.startswith(header):
            case.body = header + case.body
    elif case.path.endswith("/infer") and case.media_type == "application/json" and is_right(case):
        agree(case)
    return case


@schemathesis.check
def only_ratios_have_limits_that_no_schema_tells(context, response, case):
    """Of patients that the schema allows, none but those are refused whose two numbers make no ratio."""
    if response.status_code == 422 and is_right(case) and case.operation.path in ["/predict", "/predict/batch", "/predict/what-if"]:
        assert all("divided by" in error["detail"] for error in response.json()["errors"])


def documented(case):
    """The example of a body."""
    return case.operation.definition.raw["requestBody"]["content"][case.media_type]["example"]


@schemathesis.hook
def filter_case(context, case):
    """A text of digits, meant as a wrong number, is a right one in an address; a list of nothing is not sent at all."""
    limits = {"limit": (1, 1000), "before": (1, 2 ** 53 - 1), "from": (0, 10 ** 6)}
    if case.method != "GET" or not case.query or case.meta is None or is_right(case):
        return True
    base = "http://127.0.0.1"
    address = requests.Request("GET", base, params=case.as_transport_kwargs(base_url=base)["params"]).prepare().url
    sent = parse_qsl(urlsplit(address).query, keep_blank_values=True)
    return len(dict(sent)) < len(sent) or not all(
        name in limits and re.fullmatch("[0-9]{1,16}", value) and limits[name][0] <= int(value) <= limits[name][1]
        for name, value in sent)


def is_right(case):
    """Whether a case is meant to be answered well."""
    return case.meta is not None and case.meta.generation.mode.is_positive


def agree(case):
    """Each tensor comes once, all are of one length, and none of the body lies behind the JSON."""
    case.headers.pop("Inference-Header-Content-Length", None)
    names = {tensor["name"] for tensor in documented(case)["inputs"]}
    given = {tensor["name"]: tensor for tensor in case.body["inputs"] if tensor["name"] in names}
    count = max([len(tensor.get("data", [])) for tensor in given.values()], default=1)
    for usual in documented(case)["inputs"]:
        value = usual["data"][0]
        tensor = given.setdefault(usual["name"], {name: usual[name] for name in ["name", "datatype"]})
        data = [item[0] if isinstance(item, list) else item for item in tensor.get("data", [])]
        tensor |= {"shape": [count], "data": (data + [value] * count)[:count]}
        (tensor.get("parameters") or {}).pop("binary_data_size", None)
    case.body = case.body | {"inputs": list(given.values())}
