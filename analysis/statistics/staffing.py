"""How many people a stream of work takes: by a ceiling on how busy they may be, and by how long work may wait.

Near full use the queue explodes: waiting grows with 1 ÷ (1 − use). A large team can be used more than a small one,
which is what Erlang's formula says and a ceiling alone does not. Refuses negative loads.
Sources: Erlang 1917 (C formula; the recursion of the B formula is the usual one, e.g. Cooper 1981).
"""

import numpy as np

CEILING = 0.85  # of the productive hours a technician can give; above it waits grow fast
MOST_WAIT = 0.05  # share of orders that may wait longer than a day because everybody is busy


def erlang_b(people: int, load: float) -> float:
    """Share of calls lost with so many people and a load of so many people's work."""
    if load < 0:
        raise ValueError(f"a load cannot be negative: {load}")
    lost = 1.0
    for number in range(1, people + 1):
        lost = load * lost / (number + load * lost)
    return lost


def erlang_c(people: int, load: float) -> float:
    """Share of orders that find everybody busy and wait; 1 where the load is more than the people can do."""
    if load >= people:
        return 1.0
    lost = erlang_b(people, load)
    return people * lost / (people - load * (1 - lost))


def waits_longer(people: int, load: float, *, service: float, patience: float) -> float:
    """Share of orders that wait longer than `patience` before somebody is free; `service`, the work on one order, in
    the same unit of time. Poisson arrivals, exponential work, first come first served."""
    if load >= people:
        return 1.0
    return erlang_c(people, load) * float(np.exp(-(people - load) * patience / service))


def people_needed(
    load: float, *, service: float, patience: float = 1.0, ceiling: float = CEILING, most_wait: float = MOST_WAIT
) -> tuple[float, int]:
    """People for a load (in people's full work): by the ceiling on their use (not rounded, so that parts of months add
    up), and by Erlang's waiting (at most `most_wait` of the orders wait longer than `patience`). The larger is needed.
    """
    if load <= 0:
        return 0.0, 0
    people = int(np.floor(load)) + 1
    while waits_longer(people, load, service=service, patience=patience) > most_wait:
        people += 1
    return load / ceiling, people
