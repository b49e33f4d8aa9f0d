"""Runs every measurement and prints its tables; each is a module that can be run alone."""

from benchmarks import attention_tab, first_view, generate, versus_bertviz, walk

if __name__ == "__main__":
    for measurement in (generate, first_view, versus_bertviz, attention_tab, walk):
        measurement.main()
