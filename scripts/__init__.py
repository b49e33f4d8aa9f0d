"""One script per task; the Makefile calls them."""
