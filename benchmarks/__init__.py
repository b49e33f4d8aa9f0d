"""Side-by-side measurements, repeated by `make bench`: ratios within one run."""
