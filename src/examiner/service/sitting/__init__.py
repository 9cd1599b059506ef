"""A candidate's session: what is done in it, what its candidate sees, how it is graded, and what proves it afterwards."""
