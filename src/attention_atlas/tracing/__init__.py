"""A Model + a text -> a Trace: every tensor of one forward pass."""
