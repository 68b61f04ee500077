#!/usr/bin/env python3
"""Measures the pages on a slow machine and a slow line: 4x less processor, 10 Mbit/s, 40 ms, no cache.

For each page: first contentful paint and largest contentful paint in milliseconds, layout shift, and
the kilobytes that were transferred; the median of five visits.
"""

import pathlib
import statistics
import sys
import tempfile

from playwright.sync_api import sync_playwright

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

from service import Service, train  # noqa: E402

PAGES = ["/", "/predict.html", "/lookup.html", "/model.html", "/retrain.html", "/runs.html", "/monitor.html", "/about.html", "/docs"]
VISITS = 5
OBSERVE = """
window.seen = { shift: 0, largest: 0 };
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) if (!entry.hadRecentInput) seen.shift += entry.value;
}).observe({ type: "layout-shift", buffered: true });
new PerformanceObserver((list) => {
  seen.largest = list.getEntries().at(-1).startTime;
}).observe({ type: "largest-contentful-paint", buffered: true });
"""


def visit(browser, service, path):
    with browser.new_context(base_url=service.url, viewport={"width": 390, "height": 844}) as context:
        page = context.new_page()
        session = context.new_cdp_session(page)
        session.send("Network.enable")
        session.send("Network.emulateNetworkConditions", {
            "offline": False, "latency": 40, "downloadThroughput": 1_250_000,
            "uploadThroughput": 1_250_000})
        session.send("Emulation.setCPUThrottlingRate", {"rate": 4})
        sizes = []
        session.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
        page.add_init_script(OBSERVE)
        page.goto(path, wait_until="load")
        page.wait_for_timeout(1500)
        first = page.evaluate(
            "performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? NaN")
        seen = page.evaluate("seen")
        return first, seen["largest"], seen["shift"], sum(sizes) / 1000


def main():
    with tempfile.TemporaryDirectory() as models, sync_playwright() as playwright:
        train(models)
        with Service(models) as service:
            browser = playwright.chromium.launch(
                executable_path="/usr/bin/chromium", args=["--no-sandbox"])
            print(f"{'page':16}{'first':>8}{'largest':>9}{'shift':>8}{'kB':>8}")
            for path in PAGES:
                visits = [visit(browser, service, path) for _ in range(VISITS)]
                first, largest, shift, size = map(statistics.median, zip(*visits))
                print(f"{path:16}{first:8.0f}{largest:9.0f}{shift:8.3f}{size:8.1f}")
            browser.close()


if __name__ == "__main__":
    main()
