"""Pages for candidates, reviewers, the hiring team and researchers; they decide nothing that `service` should."""
