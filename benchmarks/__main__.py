"""Runs every measurement and prints its table."""

from benchmarks import first_view, generate, walk

if __name__ == "__main__":
    generate.main()
    first_view.main()
    walk.main()
