"""A name -> a Model: network, tokenizer, and what is known of it."""
