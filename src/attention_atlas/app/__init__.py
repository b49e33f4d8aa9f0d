"""Pictures -> the web application, in Shiny."""
