"""Fit the model of `judge/reference.py` on a file of graded answers and write `reference.json`.

Run as `.venv/bin/python evals/fit/reference.py mohler2011.jsonl`; only weights are written, nothing of the file.
"""

import json
import sys
from pathlib import Path

from examiner.evals.human_graded import bundled

TARGET = Path(__file__).parents[2] / "src" / "examiner" / "judge" / "reference.json"

if __name__ == "__main__":
    model = bundled(Path(sys.argv[1])) | {"fitted_on": Path(sys.argv[1]).stem}
    TARGET.write_text(json.dumps(model, indent=1) + "\n", encoding="utf-8")
    print(model)
