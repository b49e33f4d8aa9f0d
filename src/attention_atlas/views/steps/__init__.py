"""The steps of the walk in words: title, sentence, formula, shape and fold around a picture."""
