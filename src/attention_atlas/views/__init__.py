"""Numbers -> pictures: what the page, a notebook or a file draws."""
