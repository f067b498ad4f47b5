"""The parts of the narrator, one kind of message a file."""
