"""A run's folder: its recipe, and the state from which it goes on."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import torch

from training.recipe import Recipe

RECIPE, STATE = "recipe.json", "state.pt"


class Position(NamedTuple):
    """How far a run is."""

    step: int = 0
    tokens: int = 0
    seconds: float = 0.0


def begin(folder: Path, recipe: Recipe) -> Recipe:
    """Write `recipe` down, before the run's first step.

    Raises ValueError if `folder` holds a run with another recipe: its rate was planned to another
    end, and its batches were others.
    """
    if (folder / STATE).exists():
        begun = Recipe.load(folder / RECIPE)
        if begun != recipe:
            raise ValueError(f"{folder} holds a run with {begun}, not {recipe}. Choose another.")
    recipe.save(folder / RECIPE)
    return recipe


def keep(
    folder: Path, network: torch.nn.Module, optimizer: torch.optim.Optimizer, at: Position
) -> None:
    """Write weights, optimizer, position and random state, whole or not at all."""
    part = folder / (STATE + ".part")
    state = {
        "network": network.state_dict(),
        "optimizer": optimizer.state_dict(),
        "position": tuple(at),
        "random": torch.get_rng_state(),
    }
    torch.save(state, part)
    part.replace(folder / STATE)


def resume(folder: Path, network: torch.nn.Module, optimizer: torch.optim.Optimizer) -> Position:
    """Bring back what `keep` wrote, if it did; how far the run is."""
    if not (folder / STATE).exists():
        return Position()
    state = torch.load(folder / STATE, map_location="cpu", weights_only=True)
    network.load_state_dict(state["network"])
    optimizer.load_state_dict(state["optimizer"])
    torch.set_rng_state(state["random"])
    return Position(*state["position"])
