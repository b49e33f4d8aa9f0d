"""One small file per architecture: where it keeps its parts."""
