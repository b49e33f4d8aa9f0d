"""Everything that decides a training run, in one place."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True)
class Recipe:
    """The numbers of one run. It is planned to its last step, so that the rate has come down."""

    steps: int = 5200
    batch_tokens: int = 3072  # padding counted
    longest: int = 126  # tokens of a piece, without [CLS] and [SEP]
    single_sentences: float = 0.35  # share of passages given sentence by sentence
    masked: float = 0.25  # share of tokens to predict, chosen anew each time
    shown_masked: float = 0.85  # of these, the share that is replaced by [MASK] ...
    shown_random: float = 0.05  # ... and the share replaced by any word; the rest stays
    rate: float = 5e-4  # peak learning rate of the encoder
    head_rate: float = 3.0  # the rate of the prediction head, in encoder rates
    embedding_rate: float = 0.5  # that of the embeddings
    query_key_rate: float = 0.3  # that of the query and key projections; at 0 they are held
    warm_up: float = 0.03  # share of the steps in which the rate rises; then it falls as a cosine
    beta1: float = 0.9
    beta2: float = 0.98
    weight_decay: float = 0.01
    clip: float = 1.0  # largest norm of the gradient
    special_weight: float = 1.0  # cost, in nats, of giving all attention to [CLS] and [SEP] ...
    special_allowed: float = 0.4  # ... counted above this mean share
    seed: int = 0

    def save(self, path: Path) -> None:
        """Write as JSON."""
        path.write_text(json.dumps(asdict(self), indent=2) + "\n", encoding="utf-8")

    @classmethod
    def load(cls, path: Path) -> Recipe:
        """The recipe that `save` wrote."""
        return cls(**json.loads(path.read_text(encoding="utf-8")))
