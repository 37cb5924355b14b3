"""Every phase answers every cue, and every phase can be left and reached."""

from svwatch.core.phases import NEXT, Cue, Phase, diagram


def test_the_table_is_total() -> None:
    assert {(phase, cue) for phase in Phase for cue in Cue} == {
        (phase, cue) for phase, row in NEXT.items() for cue in row
    }


def test_no_cell_leads_to_where_it_stands() -> None:
    assert not [(phase, cue) for phase, row in NEXT.items() for cue in row if row[cue] is phase]


def test_every_phase_is_reached_from_watching() -> None:
    reached = {Phase.WATCHING}
    while True:
        more = {after for phase in reached for after in NEXT[phase].values() if after} | reached
        if more == reached:
            break
        reached = more
    assert reached == set(Phase)


def test_only_leaving_is_final() -> None:
    final = [phase for phase, row in NEXT.items() if not any(row.values())]
    assert final == [Phase.LEAVING]


def test_the_diagram_is_printed_from_the_table() -> None:
    edges = sum(after is not None for row in NEXT.values() for after in row.values())
    assert diagram().count("->") == edges
