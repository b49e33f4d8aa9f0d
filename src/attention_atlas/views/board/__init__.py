"""A board: views of one trace side by side, outside the page: in a notebook, or in a file."""
