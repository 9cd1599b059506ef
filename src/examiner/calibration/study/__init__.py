"""From a table of scores to figures and the verdict of the gate, and how that gate behaves: `calibrate stats` and `power`."""
