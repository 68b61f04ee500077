"""What the pages cost: few bytes, packed once, kept by browsers under names that change."""

import re
import urllib.error
import urllib.request

import pytest

from service import ROOT

PAGES = ["/", "/predict.html", "/lookup.html", "/model.html", "/retrain.html", "/runs.html", "/monitor.html", "/about.html", "/docs"]


def get(service, path, **headers):
    request = urllib.request.Request(service.url + path, headers=headers)
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as answer:
        return answer.code, answer.headers, answer.read()


def assets(service, page):
    return re.findall(r'"(/assets/[^"]+)"', get(service, page)[2].decode())


@pytest.mark.parametrize("page", PAGES)
def test_every_page_is_put_together_and_asked_again_each_time(service, page):
    status, headers, body = get(service, page)
    assert status == 200
    assert headers["Cache-Control"] == "no-cache"
    text = body.decode()
    assert "<!--#" not in text and "an error occurred" not in text
    assert len(re.findall('aria-current="(?:page|true)"', text)) == 1
    assert len(re.findall("<title>(.+) · Drug Classifier</title>", text)) == 1


@pytest.mark.parametrize("page", PAGES)
def test_a_known_page_costs_no_body(service, page):
    tag = get(service, page)[1]["ETag"]
    status, headers, body = get(service, page, **{"If-None-Match": tag})
    assert (status, body, headers["ETag"]) == (304, b"", tag)
    assert get(service, page, **{"If-None-Match": 'W/"000000000000"'})[0] == 200


@pytest.mark.parametrize("page", PAGES)
def test_styles_and_scripts_may_be_kept_for_good(service, page):
    names = assets(service, page)
    assert names
    for name in names:
        status, headers, _ = get(service, name)
        assert status == 200
        assert headers["Cache-Control"] == "public, max-age=31536000, immutable"


def test_a_name_of_another_day_is_answered_and_not_kept(service):
    name = assets(service, "/")[0]
    other = re.sub("/assets/[0-9a-f]+/", "/assets/000000000000/", name)
    status, headers, body = get(service, other)
    assert (status, headers["Cache-Control"]) == (200, "no-store")
    assert body == get(service, name)[2]


def test_what_others_made_is_packed_once(service):
    name = next(name for name in assets(service, "/docs") if name.endswith("bundle.js"))
    _, headers, body = get(service, name, **{"Accept-Encoding": "gzip"})
    assert headers["Content-Encoding"] == "gzip"
    assert body == (ROOT / "www/vendor/swagger-ui/swagger-ui-bundle.js.gz").read_bytes()


@pytest.mark.parametrize("path", ["/parts/head.html", "/assets/000000000000/vendor.txt",
                                  "/assets/000000000000/js/", "/assets/000000000000/../vendor.txt"])
def test_what_is_no_page_is_not_served(service, path):
    assert get(service, path)[0] == 404


def test_no_page_but_drug200s_story_names_a_field_or_a_drug_of_it():
    names = re.compile(r"\b(Na_to_K|BP|Cholesterol|DrugY|drug[ABCX])\b")
    story = {"about.html", "drug200.js"}
    pages = [*(ROOT / "www").glob("*.html"), *(ROOT / "www/js").glob("*.js")]
    assert {page.name for page in pages if names.search(page.read_text())} == story


def test_the_prediction_page_is_light(page, service):
    """The bytes that a browser with an empty cache fetches until the page can be used."""
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    sizes = []
    session.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    page.goto("/predict.html", wait_until="networkidle")
    assert sum(sizes) <= 150_000
