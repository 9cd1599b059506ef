"""Anchors: answers with labels on disk, how they come in and go out, who labels next, and how far people agree."""
