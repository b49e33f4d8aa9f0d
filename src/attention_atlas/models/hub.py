"""The Hugging Face hub: what of it is on this machine, and how the rest gets here."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attention_atlas.errors import (
    AttentionAtlasError,
    HubUnreachable,
    IncompleteModel,
    ModelNotFound,
)
from attention_atlas.models import checkpoint
from attention_atlas.models.catalog import DEFAULT_MODEL, EMBEDDED_MODEL
from attention_atlas.models.disk import check_room
from attention_atlas.models.errand import Errand
from attention_atlas.models.hub_errors import explain, explain_waiting
from attention_atlas.models.memory import check_fits, needed_of_files
from attention_atlas.models.progress import Progress, ProgressListener
from attention_atlas.models.quiet import quiet
from attention_atlas.models.transfer import arrived, fetch

if TYPE_CHECKING:
    from huggingface_hub import HfFileMetadata, ModelInfo

REACH_SECONDS = 5.0
"""How long the hub may take to answer at all."""
SILENCE_SECONDS = 45.0
"""How long a download may bring nothing; each request has huggingface_hub's own limit as well."""

_REMEDY = "Choose another model."
_BERTS_OWNER = "google-bert/"


def cached_folder(name: str) -> Path | None:
    """The model's folder in the hub's cache if every file it needs is there, else None.

    Looks at the disk only. The BERTs that Google published have a short and a full name on the
    hub ("bert-base-uncased", "google-bert/bert-base-uncased"); either is found under the other.
    """
    from huggingface_hub import constants, try_to_load_from_cache
    from huggingface_hub.errors import HFValidationError

    other = name.removeprefix(_BERTS_OWNER) if "/" in name else _BERTS_OWNER + name
    for repository in dict.fromkeys((name, other)):
        try:
            config = try_to_load_from_cache(
                repository, checkpoint.CONFIG, cache_dir=constants.HF_HUB_CACHE
            )
        except (HFValidationError, OSError, ValueError):
            continue
        if isinstance(config, str) and checkpoint.is_whole(Path(config).parent):
            return Path(config).parent
    return None


def cached_names() -> tuple[str, ...]:
    """The hub ids of every model in the hub's cache that can be loaded from there.

    Looks at the disk only.
    """
    from huggingface_hub import constants, scan_cache_dir
    from huggingface_hub.errors import CacheNotFound

    try:
        repositories = scan_cache_dir(constants.HF_HUB_CACHE).repos
    except (CacheNotFound, OSError, ValueError):
        return ()
    names = sorted(found.repo_id for found in repositories if found.repo_type == "model")
    return tuple(name for name in names if _can_be_opened(name))


def _can_be_opened(name: str) -> bool:
    folder = cached_folder(name)
    if folder is None:
        return False
    try:
        checkpoint.open_checkpoint(folder, name, remedy="")
    except AttentionAtlasError:
        return False
    return True


def download(
    name: str,
    tell: ProgressListener,
    cancel: threading.Event | None = None,
    *,
    check_memory: bool = True,
) -> Path:
    """Downloads what is needed of a model into the hub's cache; returns its folder there.

    Only config.json, the tokenizer's files and the safetensors are fetched, and the weights only
    once config.json has shown that they can be used. The cache says that it has the model ("main")
    only when everything is there. What cannot fit, into memory (with `check_memory`) or onto the
    disk, is refused as soon as the sizes are known.

    Raises: see `load_model`.
    """
    from huggingface_hub import constants

    _check_name(name)
    if constants.HF_HUB_OFFLINE:
        raise HubUnreachable(
            f"The model '{name}' is not on this machine, and HF_HUB_OFFLINE forbids to download "
            f'it. Unset HF_HUB_OFFLINE, or choose "{EMBEDDED_MODEL}" or a folder.'
        )
    tell(Progress("resolving"))
    with explain_waiting(name, resolving=True):
        info = Errand(lambda _: _look_up(name)).wait(patience=REACH_SECONDS, cancel=cancel)
    arrival = Arrival(tell)
    with explain_waiting(name, resolving=False):
        return Errand[Path](lambda errand: _bring(name, info, errand, arrival, check_memory)).wait(
            patience=SILENCE_SECONDS, cancel=cancel, glance=arrival.glance
        )


@dataclass
class Arrival:
    """What has arrived: written by the thread that downloads, told by the one that waits."""

    tell: ProgressListener
    total: int | None = None
    file: str | None = None
    done: dict[str, int] = field(default_factory=dict)
    _told: Progress = field(default_factory=lambda: Progress("resolving"))

    def glance(self) -> None:
        """Tells what is new; nothing before the total is known."""
        if self.total is None:
            return
        # A server that starts a file over takes bytes back; the person is not shown that.
        done = min(max(sum(self.done.copy().values()), self._told.done_bytes), self.total)
        now = Progress("downloading", done, self.total, self.file)
        if now != self._told:
            self._told = now
            self.tell(now)


@dataclass(frozen=True)
class _Repository:
    """One commit of a model on the hub, and where its files go in the cache."""

    name: str
    commit: str
    endpoint: str
    cache: Path

    def metadata(self, file: str) -> HfFileMetadata:
        from huggingface_hub import get_hf_file_metadata

        return get_hf_file_metadata(self._url(file), endpoint=self.endpoint)

    def fetch(
        self, file: str, metadata: HfFileMetadata, errand: Errand[Any], arrival: Arrival
    ) -> Path:
        from huggingface_hub import hf_hub_download

        arrival.file = file

        def count(size: int) -> None:
            arrival.done[file] = size

        if metadata.etag is not None:
            lock = self.cache / ".locks" / self._stored / f"{metadata.etag}.incomplete.lock"
            fetch(self._url(file), metadata, self._blob(metadata), lock, errand, count)
        errand.check()
        # Finds the blob in its place and gives it its name in the snapshot.
        return Path(
            hf_hub_download(
                self.name,
                file,
                revision=self.commit,
                endpoint=self.endpoint,
                cache_dir=self.cache,
            )
        )

    def check_room(self, wanted: Iterable[HfFileMetadata]) -> None:
        """NotEnoughDiskSpace if the disk has no room for what of these files is still to come."""
        sizes = [(each.size or 0, self.kept(each)) for each in wanted if each.etag is not None]
        check_room(self.name, self.cache, sum(size - kept for size, kept in sizes))

    def kept(self, metadata: HfFileMetadata) -> int:
        """How many bytes of a file an earlier try has brought."""
        return 0 if metadata.etag is None else arrived(self._blob(metadata))

    def publish(self) -> None:
        """Lets "main" point to this commit, by which everyone finds the model in the cache."""
        from huggingface_hub import hf_hub_download

        hf_hub_download(
            self.name,
            checkpoint.CONFIG,
            endpoint=self.endpoint,
            cache_dir=self.cache,
        )

    @property
    def _stored(self) -> str:
        from huggingface_hub.file_download import repo_folder_name

        return repo_folder_name(repo_id=self.name, repo_type="model")

    def _blob(self, metadata: HfFileMetadata) -> Path:
        assert metadata.etag is not None  # whoever asks has looked
        return self.cache / self._stored / "blobs" / metadata.etag

    def _url(self, file: str) -> str:
        from huggingface_hub import hf_hub_url

        return hf_hub_url(self.name, file, revision=self.commit, endpoint=self.endpoint)


def _check_name(name: str) -> None:
    from huggingface_hub.errors import HFValidationError
    from huggingface_hub.utils import validate_repo_id

    try:
        validate_repo_id(name)
    except HFValidationError as error:
        shown = name if len(name) <= 60 else f"{name[:57]}…"
        raise ModelNotFound(
            f"'{shown}' is not the name of a model. Give a hub id such as \"{DEFAULT_MODEL}\" or "
            f'"owner/model" (letters, digits, "-", "_" and "."), an existing folder that holds a '
            f'checkpoint, or "{EMBEDDED_MODEL}".'
        ) from error


def _look_up(name: str) -> ModelInfo:
    from huggingface_hub import HfApi, constants

    with explain(name, resolving=True), quiet():
        info = HfApi(endpoint=constants.ENDPOINT).model_info(name, timeout=REACH_SECONDS)
        if not info.sha:
            raise ValueError("no commit")
        return info


def _bring(
    name: str, info: ModelInfo, errand: Errand[Path], arrival: Arrival, check_memory: bool
) -> Path:
    from huggingface_hub import constants

    assert info.sha is not None  # _look_up refuses others
    repository = _Repository(name, info.sha, constants.ENDPOINT, Path(constants.HF_HUB_CACHE))
    offered = {sibling.rfilename for sibling in info.siblings or ()}
    if checkpoint.CONFIG not in offered:
        raise IncompleteModel(f"The model '{name}' has no {checkpoint.CONFIG}. {_REMEDY}")
    checkpoint.check_weight_files(offered, name, _REMEDY)
    vocabulary = checkpoint.vocabulary_of(offered, name, _REMEDY)
    sharded = checkpoint.WEIGHTS not in offered

    def bring(wanted: dict[str, HfFileMetadata]) -> dict[str, Path]:
        return {
            file: repository.fetch(file, metadata, errand, arrival)
            for file, metadata in wanted.items()
        }

    with explain(name, resolving=False), quiet():
        # A few kilobytes tell whether the rest is worth hundreds of megabytes.
        first = [checkpoint.CONFIG, checkpoint.WEIGHTS_INDEX] if sharded else [checkpoint.CONFIG]
        few = {file: repository.metadata(file) for file in first}
        brought = bring(few)
        config = checkpoint.read_json(brought[checkpoint.CONFIG], name, _REMEDY)
        checkpoint.check_config(config, name)
        weights: tuple[str, ...] = (checkpoint.WEIGHTS,)
        if sharded:
            index = checkpoint.read_json(brought[checkpoint.WEIGHTS_INDEX], name, _REMEDY)
            weights = checkpoint.shards_of(index, name, _REMEDY)
            for shard in weights:
                if shard not in offered:
                    raise IncompleteModel(f"The model '{name}' has no {shard}. {_REMEDY}")
        extras = [file for file in checkpoint.TOKENIZER_EXTRAS if file in offered]
        small = {file: repository.metadata(file) for file in (vocabulary, *extras)}
        large = {file: repository.metadata(file) for file in weights}
        if check_memory:
            check_fits(name, needed_of_files(config, (each.size or 0 for each in large.values())))
        everything = few | small | large
        # Before the total: from the first progress on, what an earlier try has brought counts.
        arrival.done |= {file: repository.kept(each) for file, each in everything.items()}
        arrival.total = sum(each.size or 0 for each in everything.values())
        repository.check_room(everything.values())
        brought |= bring(small)
        if checkpoint.TOKENIZER_CONFIG in brought:
            checkpoint.check_tokenizer_config(
                checkpoint.read_json(brought[checkpoint.TOKENIZER_CONFIG], name, _REMEDY), name
            )
        bring(large)
        repository.publish()
    return brought[checkpoint.CONFIG].parent
