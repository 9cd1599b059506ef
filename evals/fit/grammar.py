"""Count word-class bigrams over the vault's prose and write `src/examiner/judge/grammar.json`.

Run it after the vault has grown: `.venv/bin/python evals/fit/grammar.py`. The judge's fingerprint changes with it.
"""

import itertools
import json
from collections import Counter, defaultdict
from pathlib import Path

from corpus import prose

from examiner.judge.grammar import classes
from examiner.judge.text import sentences

TARGET = Path(__file__).parents[2] / "src" / "examiner" / "judge" / "grammar.json"


def main() -> None:
    table: dict[str, Counter[str]] = defaultdict(Counter)
    words = 0
    for text in prose():
        for sentence in sentences(text):
            run = classes([t.word for t in sentence.tokens])
            words += len(run)
            for a, b in itertools.pairwise(run):
                table[a][b] += 1
    ordered = {a: dict(sorted(table[a].items())) for a in sorted(table)}
    TARGET.write_text(json.dumps(ordered, separators=(",", ":")) + "\n", encoding="utf-8")
    print(f"{words:,} words, {len(table)} classes, {sum(map(len, table.values())):,} bigrams -> {TARGET.name}")


if __name__ == "__main__":
    main()
