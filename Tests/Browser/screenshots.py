#!/usr/bin/env python3
"""Takes a picture of every page in both themes and two widths.

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

VIEWS = [(width, theme) for width in (390, 1280) for theme in ("light", "dark")]


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
                    for width, theme in VIEWS:
                        take(browser, service, show, folder / f"{name}-{width}-{theme}.png", width, theme)
            # The README's: what a window shows of an answer.
            take(browser, service, show_answer, folder / "readme.png", 1120, "light", 1440)
            browser.close()


def take(browser, service, show, path, width, theme, height=None):
    """A picture of the whole page, or of a window of this height."""
    with browser.new_context(
        base_url=service.url, viewport={"width": width, "height": height or 900}, color_scheme=theme
    ) as context:
        page = context.new_page()
        show(page)
        # A dialog lies over the window, not over the page.
        is_whole = height is None and page.get_by_role("dialog").count() == 0
        page.screenshot(path=path, full_page=is_whole)
        print(path)


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    main(pathlib.Path(sys.argv[1]), sys.argv[2:])
