"""Routes of the pages, by role."""
