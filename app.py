"""Starts Attention Atlas: `python app.py`, or `shiny run --reload app.py`."""

from attention_atlas.app.application import create_app

app = create_app()

if __name__ == "__main__":
    from attention_atlas.cli import main

    main()
