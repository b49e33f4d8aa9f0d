"""The text that is measured with."""

# John Donne, Meditation XVII, 1624: words that the embedded vocabulary has whole.
TEXT = (
    "no man is an island entire of itself every man is a piece of the continent a part of the main"
)


def text_of(n: int) -> str:
    """A text of n tokens, [CLS] and [SEP] among them."""
    words = TEXT.split()
    return " ".join(words[i % len(words)] for i in range(n - 2))
