"""`examiner anchors`: answers that people labelled, and constructed ones that never pass for them."""

from examiner.cli.lazy import Commands, lazy_group

COMMANDS: Commands = {
    "list": ("anchors_sets", "list_sets", "List the sets, whose labels they hold, and what they can give a judge."),
    "show": ("anchors_sets", "show", "Show a set's make-up, or one anchor with every raw label."),
    "verify": ("anchors_sets", "verify", "Check every byte of a set against its hash chain."),
    "lint": ("anchors_sets", "lint", "Check that constructed labels follow from their points."),
    "restate": ("anchors_sets", "restate", "Write a constructed set anew as its questions stand now."),
    "import": ("anchors_files", "import_file", "Make a set from labelled answers; raw labels are kept."),
    "export": ("anchors_files", "export", "Write a set for other tools."),
    "label": ("anchors_people", "label", "Label blind: one answer and criterion at a time."),
    "agree": ("anchors_people", "agree", "Show how far two people agree, per criterion."),
    "adjudicate": ("anchors_people", "adjudicate", "Decide where raters disagree, one by one, with a reason."),
    "plan": ("anchors_plan", "plan", "Say how many anchors a round takes, of which questions, and what it costs."),
}

app = lazy_group(COMMANDS, "Human labels: import, export, label blind, agree, adjudicate, plan.")
