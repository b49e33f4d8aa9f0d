"""The application under load: websocket clients that do as the page does, and real browsers."""
