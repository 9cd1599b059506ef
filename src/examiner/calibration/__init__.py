"""A judge earns its scores here, or does not.

`gate` releases or withholds a score and `policies` says what for; they stand at the door. Behind them, a room a subject:
`anchors` (labelled answers), `study` (scores to figures and a verdict), `certificates` (what was earned, signed),
`probes` (changed answers that must move a score one way), `planted` (faulty judges that test the probes),
`drift` (frozen answers judged again).
"""
