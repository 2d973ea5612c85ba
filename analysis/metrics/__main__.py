"""`python -m analysis.metrics`: check the suite's catalogue and write docs/reference/metrics.md from it."""

from analysis.metrics.cards import read_catalogue
from analysis.metrics.check import check_catalogue
from analysis.metrics.reference import PAGE, render_reference


def main() -> None:
    """Refuse an unsound catalogue, else write the page."""
    catalogue = read_catalogue()
    check_catalogue(catalogue)
    PAGE.parent.mkdir(parents=True, exist_ok=True)
    PAGE.write_text(render_reference(catalogue), encoding="utf-8")
    print(f"{PAGE}: {len(catalogue)} metrics")


if __name__ == "__main__":
    main()
