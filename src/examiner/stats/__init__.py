"""Arrays in, numbers out: agreement, reliability, bias, intervals, power. Nothing here reads files or asks the time."""
