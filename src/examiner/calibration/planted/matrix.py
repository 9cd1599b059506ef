"""Planted judges against probes: which probe sees which fault, and which fires without a reason."""

from collections.abc import Callable, Sequence

from examiner.calibration.planted.faults import FAULTS
from examiner.calibration.planted.judges import Fault, PlantedJudge
from examiner.calibration.probes.cases import Base
from examiner.calibration.probes.relations import RELATIONS
from examiner.calibration.probes.running import run
from examiner.domain.base import Frozen


class Row(Frozen):
    """One planted judge and what the probes made of it.

    `missed` are probes that must fail and did not; `unexplained` probes that failed without being named.
    """

    judge: str
    does: str
    caught_by: tuple[str, ...]
    also: tuple[str, ...]
    fired: tuple[str, ...]
    not_assessed: tuple[str, ...]
    missed: tuple[str, ...]
    unexplained: tuple[str, ...]

    @property
    def ok(self) -> bool:
        """Whether each named probe saw the fault and no other fired without a reason."""
        return not self.missed and not self.unexplained and not self.not_assessed


def row(fault: Fault, on: Sequence[Base], seed: int = 0) -> Row:
    """Return what the probes make of one planted judge."""
    report = run(PlantedJudge(fault), on, seed=seed)
    order = [r.id for r in RELATIONS]
    fired = sorted(report.fired, key=order.index)
    return Row(
        judge=fault.name,
        does=fault.does,
        caught_by=fault.caught_by,
        also=tuple(n for n in fired if n in fault.also and n not in fault.caught_by),
        fired=tuple(fired),
        not_assessed=tuple(r.id for r in report.results if r.verdict == "not assessed"),
        missed=tuple(n for n in fault.caught_by if n not in fired),
        unexplained=tuple(n for n in fired if n not in fault.caught_by and n not in fault.also),
    )


def matrix(
    on: Sequence[Base],
    seed: int = 0,
    faults: Sequence[Fault] = FAULTS,
    progress: Callable[[str], None] = lambda _: None,
) -> tuple[Row, ...]:
    """Return a row for each planted judge, in the order of `faults`: the oracle, which has none, comes first there.

    Args:
        on: the questions and answers that the probes are built from.
        seed: of the probes; the same seed tries the same texts.
        faults: the planted judges, each with what must find it.
        progress: told each judge's name before its turn.

    """
    rows = []
    for fault in faults:
        progress(fault.name)
        rows.append(row(fault, on, seed))
    return tuple(rows)


def dots(rows: Sequence[Row]) -> str:
    """Return the matrix as text: a line for each judge, a column for each probe, the probes listed below."""
    names = [r.id for r in RELATIONS]
    wide = max(len(r.judge) for r in rows)
    lines = [" " * (wide + 1) + "".join(str(n // 10 or " ") for n in range(1, len(names) + 1))]
    lines.append(" " * (wide + 1) + "".join(str(n % 10) for n in range(1, len(names) + 1)))
    lines += [f"{r.judge:{wide}} " + "".join(_dot(r, name) for name in names) for r in rows]
    lines += ["", "● named probe failed   ○ failed too, by the nature of the fault   · passed   "
              "✗ failed without a reason   ? named and silent   - not assessed", ""]  # fmt: skip
    third = -(-len(names) // 3)
    cells = [f"{n:2} {name:20}" for n, name in enumerate(names, 1)]
    lines += [" ".join(cells[i::third]).rstrip() for i in range(third)]
    return "\n".join(lines)


def _dot(row: Row, name: str) -> str:
    for mark, names in (
        ("-", row.not_assessed),
        ("✗", row.unexplained),
        ("?", row.missed),
        ("●", row.caught_by),
        ("○", row.also),
    ):
        if name in names:
            return mark
    return "·"
