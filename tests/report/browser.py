"""A real browser, headless, that notes whatever a page asks for and complains of."""

import os
import shutil
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")
GRAVE = {"serious", "critical"}


def executable() -> str:
    """The system's browser. Without one a test is skipped, but where tests must not be."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(f"there is no browser on PATH: {', '.join(NAMES)}")
    return found


@contextmanager
def launched():
    """A browser for several pages. Costs a second."""
    sandbox = [] if os.getuid() else ["--no-sandbox"]  # Chromium has no sandbox for root
    path = executable()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=sandbox)
        yield browser
        browser.close()


@dataclass
class Visit:
    """A page that was opened from disk."""

    page: Page
    asked: list[str] = field(default_factory=list)
    """Every address that was asked for, its own included."""
    complaints: list[str] = field(default_factory=list)

    def grave(self) -> list[str]:
        """Violations of accessibility that axe calls serious or critical, each with where it is."""
        found = Axe().run(self.page).response["violations"]
        return [
            f"{one['id']}: {node['html'][:120]} {node['failureSummary']}"
            for one in found
            if one["impact"] in GRAVE
            for node in one["nodes"]
        ]

    def overflow(self) -> int:
        """How many pixels the page is wider than the window."""
        return self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")


@contextmanager
def visited(browser: Browser, file: Path, width=1280, height=900, **context):
    """A file opened in a window; `context` is of playwright: color_scheme, java_script_enabled, has_touch."""
    opened = browser.new_context(viewport={"width": width, "height": height}, **context)
    visit = Visit(opened.new_page())
    opened.on("request", lambda request: visit.asked.append(request.url))
    visit.page.on("console", lambda said: visit.complaints.append(said.text))
    visit.page.on("pageerror", lambda error: visit.complaints.append(str(error)))
    visit.page.goto(file.as_uri())
    yield visit
    opened.close()
