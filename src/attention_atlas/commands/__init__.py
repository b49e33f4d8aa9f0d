"""The commands of `attention-atlas` that are more than a few lines, a module each."""
