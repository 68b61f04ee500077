#!/usr/bin/env python3
"""Takes a picture of every page in both themes and five widths, in forced colours, and twice as large.

    Tests/Browser/screenshots.py FOLDER [NAME...]    NAME: home, answer, ... (all by default)
"""

import pathlib
import sys
import tempfile

from playwright.sync_api import sync_playwright

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from service import Service, train  # noqa: E402
from shows import PAGES, show_answer, show_docs  # noqa: E402

VIEWS = {
    **{f"{width}-{theme}": {"viewport": {"width": width, "height": height}, "color_scheme": theme}
       for width, height in ((320, 640), (390, 844), (768, 1024), (1280, 720), (1920, 1080))
       for theme in ("light", "dark")},
    "forced": {"viewport": {"width": 1280, "height": 720}, "color_scheme": "dark", "forced_colors": "active"},
    # A zoom of 200% leaves half as many pixels of the stylesheet.
    "zoomed": {"viewport": {"width": 640, "height": 360}, "device_scale_factor": 2},
}


def main(folder, names):
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as models, sync_playwright() as playwright:
        train(models)
        with Service(models) as service:
            browser = playwright.chromium.launch(
                executable_path="/usr/bin/chromium", args=["--no-sandbox"])
            for show in [*PAGES, show_docs]:
                name = show.__name__.removeprefix("show_")
                if not names or name in names:
                    for view, settings in VIEWS.items():
                        take(browser, service, show, folder / f"{name}-{view}.png", settings)
            # The README's: what a window shows of an answer.
            window = {"viewport": {"width": 1120, "height": 1440}, "color_scheme": "light"}
            take(browser, service, show_answer, folder / "readme.png", window, is_whole=False)
            browser.close()


def take(browser, service, show, path, settings, is_whole=True):
    """A picture of the whole page, or of the window."""
    with browser.new_context(base_url=service.url, **settings) as context:
        page = context.new_page()
        show(page)
        # A dialog lies over the window, not over the page.
        is_whole = is_whole and page.get_by_role("dialog").count() == 0
        page.screenshot(path=path, full_page=is_whole)
        print(path)


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    main(pathlib.Path(sys.argv[1]), sys.argv[2:])
