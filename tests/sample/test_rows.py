"""The rows hang together: references hold, stages keep their order, dirt is there in its declared share."""

import numpy as np
import pytest

from analysis.data_model import read_tables
from analysis.sample.dirt import DIRT

REFERENCES = [
    (name, column, parent)
    for name, table in read_tables().items()
    for column, parent in table.references.items()
    if column not in ("issue_id", "part_id", "policy_id")
]
CUTOFF = "TIMESTAMP '2026-07-05 23:59:59'"


def count(sample, sql: str) -> int:
    return sample.execute(sql).fetchall()[0][0]


@pytest.mark.parametrize(("table", "column", "parent"), REFERENCES)
def test_references_lead_somewhere(sample, table: str, column: str, parent: str):
    key = read_tables()[parent].key[0]
    lost = count(
        sample,
        f'SELECT count(*) FROM {table} c WHERE c."{column}" IS NOT NULL '
        f'AND NOT EXISTS (SELECT 1 FROM {parent} p WHERE p."{key}" = c."{column}")',
    )
    if (table, column) == ("work_orders", "customer_id"):
        rows = count(sample, "SELECT count(*) FROM work_orders")
        assert lost == pytest.approx(rows * 0.0015, rel=0.5)
    else:
        assert lost == 0


@pytest.mark.parametrize("name", sorted(read_tables()))
def test_keys_are_unique_outside_the_planted_copies(sample, name: str):
    key = ", ".join(f'"{column}"' for column in read_tables()[name].key)
    if not key:
        return
    copies = count(sample, f"SELECT count(*) - count(DISTINCT ({key})) FROM {name}")
    planted = sum(
        kind.share for kind in DIRT if kind.table == name and kind.kind in ("identical duplicate", "conflicting key")
    )
    rows = count(sample, f"SELECT count(*) FROM {name}")
    assert copies == pytest.approx(planted * rows, abs=4 * np.sqrt(planted * rows) + 0.5)


@pytest.mark.parametrize("name", [name for name, table in read_tables().items() if table.order])
def test_timestamps_keep_their_order_outside_the_dirt(sample, name: str):
    source = "clean_orders" if name == "work_orders" else name
    order = read_tables()[name].order
    for place, earlier in enumerate(order):
        for later in order[place + 1 :]:
            broken = count(sample, f"SELECT count(*) FROM {source} WHERE {earlier} > {later}")
            planted = name == "complaints" and "resolved_at" in (earlier, later)
            assert broken <= (12 if planted else 0), (earlier, later)


@pytest.mark.parametrize("name", sorted(read_tables()))
def test_nothing_happens_after_the_cut_off_but_the_planted_future(sample, name: str):
    table = read_tables()[name]
    for column in table.columns:
        if column.event and column.name in {row[0] for row in sample.execute(f"DESCRIBE {name}").fetchall()}:
            late = count(sample, f'SELECT count(*) FROM {name} WHERE "{column.name}" > {CUTOFF}')
            assert late <= (60 if (name, column.name) == ("work_orders", "submitted_at") else 0), column.name


BROKEN_ROWS = {
    "identical duplicate": "SELECT count(*) - (SELECT count(*) FROM (SELECT DISTINCT * FROM {table})) FROM {table}",
    "conflicting key": "WITH w AS (SELECT DISTINCT * FROM work_orders) SELECT count(*) FROM w o JOIN w p "
    "ON o.work_order_id = p.work_order_id AND (o.priority, o.channel) = ('urgent', 'store') "
    "AND o.recorded_at >= p.recorded_at "
    "AND (p.priority, p.channel) <> ('urgent', 'store')",
    "completed before arrived": "SELECT count(*) FROM work_orders WHERE completed_at < arrived_at",
    "future timestamp": f"SELECT count(*) FROM work_orders WHERE submitted_at > {CUTOFF}",
    "unknown customer": "SELECT count(*) FROM work_orders WHERE customer_id NOT IN (SELECT customer_id FROM customers)",
    "status disagrees": "SELECT count(*) FROM work_orders WHERE status = 'completed' AND completed_at IS NULL",
    "resolved before received": "SELECT count(*) FROM complaints WHERE resolved_at < received_at",
    "score outside scale": "SELECT count(*) FROM surveys WHERE score < scale_min OR score > scale_max",
    "negative amount": "SELECT count(*) FROM costs WHERE amount < 0",
}
REACHED = {"completed before arrived": 0.85, "score outside scale": 0.45}
"""Share of the touched rows that can be broken at all: orders with an arrival, answered surveys."""


@pytest.mark.parametrize("kind", DIRT, ids=lambda kind: f"{kind.table}: {kind.kind}")
def test_dirt_is_there_in_its_declared_share(sample, kind):
    rows = count(sample, f"SELECT count(*) FROM {kind.table}")
    found = count(sample, BROKEN_ROWS[kind.kind].format(table=kind.table))
    expected = kind.share * rows
    assert found > 0
    assert found <= expected + 4 * np.sqrt(expected)
    assert found >= REACHED.get(kind.kind, 1.0) * 0.6 * expected - 3 * np.sqrt(expected)


def test_test_orders_are_flagged_and_rare(sample):
    share = count(sample, "SELECT avg(CAST(is_test AS INTEGER)) FROM work_orders")
    assert 0.001 < share < 0.003


def test_installed_base_is_the_count_of_the_registered_appliances(sample):
    """Re-counted from installed_units for the end of May 2026."""
    difference = count(
        sample,
        """
        SELECT max(abs(b.units_in_service - coalesce(n, 0)))
        FROM installed_base_monthly b
        LEFT JOIN (SELECT business_unit, product_id, count(*) AS n FROM installed_units
                   WHERE in_service_on <= DATE '2026-05-31' AND (retired_on IS NULL OR retired_on > DATE '2026-05-31')
                   GROUP BY ALL) u USING (business_unit, product_id)
        WHERE month = DATE '2026-05-01'
        """,
    )
    assert difference == 0


def test_an_orders_customer_owns_the_appliance_and_warranty_follows_its_sale(sample):
    wrong = sample.execute(
        """
        SELECT count(*) FILTER (o.customer_id <> u.customer_id AND o.customer_id <> 'C00-9999999'),
               count(*) FILTER (o.in_warranty <> (CAST(o.submitted_at AS DATE) <= u.warranty_end_on)),
               count(*) FILTER (CAST(o.submitted_at AS DATE) < u.sold_on)
        FROM clean_orders o JOIN installed_units u USING (serial_no)
        """
    ).fetchall()[0]
    assert wrong == (0, 0, 0)


def test_events_are_numbered_in_order_of_time_and_agree_with_the_order(sample):
    wrong = sample.execute(
        """
        SELECT count(*) FILTER (event_at < before), count(*) FILTER (seq <> place)
        FROM (SELECT event_at, seq, lag(event_at) OVER w AS before, row_number() OVER w AS place FROM work_order_events
              WINDOW w AS (PARTITION BY work_order_id ORDER BY seq))
        """
    ).fetchall()[0]
    assert wrong == (0, 0)
    disagreeing = count(
        sample,
        """
        SELECT count(*) FROM clean_orders o JOIN (
            SELECT work_order_id, min(event_at) FILTER (event = 'completed') AS completed
            FROM work_order_events GROUP BY 1
        ) e USING (work_order_id) WHERE o.completed_at IS DISTINCT FROM e.completed
        """,
    )
    assert disagreeing == 0


def test_due_times_follow_the_service_levels(sample):
    wrong = count(
        sample,
        """
        SELECT count(*) FROM clean_orders JOIN sla_policies USING (priority)
        WHERE epoch(response_due_at - submitted_at) <> response_target_hours * 3600
           OR epoch(resolution_due_at - submitted_at) <> resolution_target_hours * 3600
        """,
    )
    assert wrong == 0


def test_texts_are_many_bilingual_and_contain_what_a_report_must_survive(sample):
    distinct, written = sample.execute("SELECT count(DISTINCT text), count(text) FROM complaints").fetchall()[0]
    assert distinct > 0.7 * written
    for needle in ("<script>", "13812345678", "@example.com", "喆", "镕", "😡", "the same fault"):
        assert count(sample, f"SELECT count(*) FROM complaints WHERE contains(text, '{needle}')") > 0, needle
    assert count(sample, "SELECT count(DISTINCT comment) FROM surveys") > 300


def test_remote_orders_have_no_arrival_and_cancelled_ones_stop(sample):
    assert count(sample, "SELECT count(arrived_at) + sum(visits) FROM clean_orders WHERE service_mode = 'remote'") == 0
    assert count(sample, "SELECT count(completed_at) FROM clean_orders WHERE status = 'cancelled'") == 0
