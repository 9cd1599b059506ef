"""`examiner vault`: the question bank."""

from examiner.cli.lazy import Commands, lazy_group

COMMANDS: Commands = {
    "list": ("vault_browse", "list_families", "List the question families."),
    "show": ("vault_browse", "show", "Show a question in full: not for candidates."),
    "search": ("vault_browse", "search", "Find families that hold every word."),
    "variants": ("vault_browse", "variants", "Show variants of a family with their final keys."),
    "lint": ("vault_check", "lint", "Check every rule; exit 1 where something stands against one."),
    "build": ("vault_check", "build", "Build the cache that warm starts read."),
    "audit": ("vault_check", "audit", "Recompute every key, and the claims of what was imported."),
    "coverage": ("vault_check", "coverage", "Show what is covered, and what no loop samples."),
    "import": ("vault_import", "import_questions", "Read questions that others wrote; they become drafts."),
    "adopt": ("vault_adopt", "adopt", "Turn a draft into a family file; list what lint still demands."),
    "export": ("vault_adopt", "export_questions", "Write questions as QTI 3, Anki, CSV or Moodle XML."),
    "drafts": ("vault_import", "drafts", "List the imported drafts, or show one."),
}

app = lazy_group(COMMANDS, "The question bank: browse, check, audit, measure; import, adopt and export.")
