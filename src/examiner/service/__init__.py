"""The wiring: clock, ids and chance are made here, and decisions are put into effect.

`examiner` wires everything once, and every function here takes it; beside it stands what all rooms use: `judges`,
`interviewing`, `portal` (an event loop for callers without one), `spending`, `telling` (logs), `webhooks`. A room a subject:
`sitting` (a candidate's session and its grades), `people` (candidates, reviews, decisions), `trust` (calibration,
certificates, probes, audits), `batch` (answers written elsewhere), `access` (tokens, keys, roles), `upkeep` (what runs
though nobody asks). `practising` is the learner's own room.
"""
