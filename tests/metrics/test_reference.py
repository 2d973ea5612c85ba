"""The page of definitions is what the catalogue says now."""

from analysis.metrics.cards import read_catalogue
from analysis.metrics.reference import PAGE, render_reference


def test_the_reference_page_is_current():
    current = PAGE.read_text(encoding="utf-8")
    assert current == render_reference(read_catalogue()), "run `python -m analysis.metrics`"


def test_every_metric_has_its_entry_and_is_linked_from_its_table():
    page = render_reference(read_catalogue())
    for card in read_catalogue().values():
        assert page.count(f'<a id="{card.id}"></a>') == 1
        assert f"(#{card.id})" in page
        assert card.definition["zh"] in page
