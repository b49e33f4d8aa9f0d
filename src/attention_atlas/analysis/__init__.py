"""Arrays -> numbers. Pure NumPy functions: no model, no picture, no state."""
