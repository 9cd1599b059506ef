"""examiner: a technical interviewer and grader whose judge must earn its scores."""

__version__ = "0.1.0"
