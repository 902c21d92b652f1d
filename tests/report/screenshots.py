"""Pictures of a report for the documentation: python tests/report/screenshots.py PAGE FOLDER

Its first screen, its main table and its view of languages; and its first screen on a phone, in the dark.
"""

import sys
from pathlib import Path

from browser import launched, visited


def main(page: Path, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with launched() as browser:
        with visited(browser, page, 1280, 800) as visit:
            visit.page.screenshot(path=folder / "first-screen.png")
            for section in ("table", "languages"):
                visit.page.locator(f"#{section}").screenshot(path=folder / f"{section}.png")
        with visited(browser, page, 390, 844, color_scheme="dark") as visit:
            visit.page.screenshot(path=folder / "phone.png")


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve(), Path(sys.argv[2]))
