"""Work that is announced before: weeks ahead, changed too late, begun too late."""
