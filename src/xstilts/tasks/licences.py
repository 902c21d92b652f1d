"""The table of data and licences in docs/data.md, from the registry: python -m xstilts.tasks.licences"""

from __future__ import annotations

from pathlib import Path

from xstilts.tasks import TASKS
from xstilts.tasks.release import Release, releases

PAGE = Path(__file__).parents[3] / "docs/data.md"
BEGIN, END = "<!-- made by: python -m xstilts.tasks.licences -->\n", "<!-- end -->\n"


def table() -> str:
    """The table, as Markdown."""
    head = ["data", "tasks", "languages", "had from", "licence", "cite"]
    rows = [head, ["---"] * len(head), *(row(release) for release in releases().values())]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in rows)


def row(release: Release) -> list[str]:
    """One release."""
    tasks = ", ".join(task.name for task in TASKS.values() if release.name in task.releases)
    count = len(release.languages)
    licence = release.licence + (
        " **(non-commercial)**" if release.noncommercial and "NC" not in release.licence else ""
    )
    ways = [f"hub `{release.hub.id}`"] if release.hub else []
    ways += ["original files"] if release.archives or (release.shares and releases()[release.shares].archives) else []
    own = "" if ways else f"your own copy, `data/{release.home}`"
    languages = release.languages[0] if count == 1 else str(count)
    return [f"[{release.title}]({release.url})", tasks, languages, ", ".join(ways) or own, licence, release.citation]


def written(page: str) -> str:
    """The page with the table as it should be."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{table()}\n{END}{after}"


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
