"""The candidate's scratch paper: a calculator with units and the sheet of published figures. Nothing of it is graded."""

import re
from typing import Any

from examiner.domain.arithmetic import Quantity, evaluate, express
from examiner.domain.base import Frozen
from examiner.domain.errors import Invalid
from examiner.domain.units import known, parse_unit
from examiner.service.examiner import Examiner

_MEASURE = re.compile(r"(?<![\w.\"])(\d[\d_]*\.?\d*(?:[eE][+-]?\d+)?)\s*([A-Za-zµ%]+(?:/[A-Za-z]+)*)(?![\w.(\"])")
_PREFIXES = ((1e15, "P"), (1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"))
_SIGNS = str.maketrans({"×": "*", "·": "*", "÷": "/", "−": "-", "^": "\x00"})


class Worked(Frozen):
    """A line of scratch work: what was typed and what it comes to, in words."""

    line: str
    result: str
    error: str = ""


class Sheet(Frozen):
    """One table of the sheet: a title, the columns, the rows with their names, and each row's source."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def work(house: Examiner, line: str) -> Worked:
    """Work out a line such as `80 GB / 3.35 TB/s in ms`; what does not work out says why."""
    text, _, unit = line.strip().rpartition(" in ")
    if not text:
        text, unit = line.strip(), ""
    try:
        found = evaluate(_formula(text), _names(house))
        if unit:
            return Worked(line=line, result=f"{_figure(express(found, parse_unit(unit.strip())))} {unit.strip()}")
        return Worked(line=line, result=_words(found))
    except Invalid as error:
        return Worked(line=line, result="", error=error.message.partition("': ")[2] or error.message)


def sheets(house: Examiner) -> tuple[Sheet, ...]:
    """Return the published figures that questions draw on."""
    tables = house.vault.tables
    return (
        _sheet("Accelerators", tables["hardware"], ("flops", "fp8_flops", "bandwidth", "memory", "nvlink", "power")),
        _sheet(
            "Models", tables["models"], ("params", "layers", "hidden", "heads", "kv_heads", "head_dim", "ffn", "vocab")
        ),
    )


def _formula(text: str) -> str:
    """Return a line as a formula: `80 GB` is a quantity, `^` a power, `1,024` a number."""
    text = text.translate(_SIGNS).replace("\x00", "**")
    text = re.sub(r"(?<=\d),(?=\d{3}\b)", "", text)
    return _MEASURE.sub(lambda m: f'q({m[1]}, "{m[2]}")' if known(m[2]) or "/" in m[2] else m[0], text)


def _names(house: Examiner) -> dict[str, Quantity]:
    """Return the sheet's figures by name, as `h100_sxm.bandwidth`."""
    return {
        f"{row.replace('-', '_').replace('.', '_')}.{column}": quantity
        for table in ("hardware", "models")
        for row, cells in house.vault.tables[table].items()
        for column, cell in cells.items()
        if (quantity := _quantity(cell)) is not None
    }


def _quantity(cell: Any) -> Quantity | None:
    if isinstance(cell, dict) and "value" in cell:
        unit = str(cell["unit"])
        return Quantity(float(cell["value"]), parse_unit("1" if unit == "param" else unit))
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        return Quantity(float(cell), parse_unit("1"))
    return None


def _sheet(title: str, table: Any, columns: tuple[str, ...]) -> Sheet:
    rows = [
        (str(cells.get("name", row)), row.replace("-", "_").replace(".", "_"), *(_cell(cells.get(c)) for c in columns))
        for row, cells in table.items()
    ]
    return Sheet(title=title, columns=columns, rows=tuple(rows))


def _cell(cell: Any) -> str:
    if isinstance(cell, dict) and "value" in cell:
        unit, value = str(cell["unit"]), float(cell["value"])
        return " ".join(_scaled(value)) if unit == "param" else f"{_figure(value)} {unit}"
    return "" if cell is None else _figure(float(cell)) if isinstance(cell, int | float) else str(cell)


def _words(found: Quantity) -> str:
    """Return a quantity with its base unit, and scaled where that reads better."""
    unit = "" if found.unit.symbol == "1" else f" {found.unit.symbol}"
    plain = f"{_figure(found.value)}{unit}"
    short, prefix = _scaled(found.value)
    if prefix and unit:
        return f"{short} {prefix}{found.unit.symbol} ({plain.strip()})"
    return plain


def _scaled(value: float) -> tuple[str, str]:
    for size, prefix in _PREFIXES:
        if abs(value) >= size:
            return f"{value / size:.4g}", prefix
    return _figure(value), ""


def _figure(value: float) -> str:
    if value == int(value) and abs(value) < 1e15:
        return f"{int(value):,}"
    return f"{value:,.6g}" if abs(value) < 1e6 else f"{value:.6g}"
