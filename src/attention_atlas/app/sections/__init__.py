"""One Shiny module per section of the page, named after the operation it shows."""
