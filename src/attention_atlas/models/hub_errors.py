"""What the hub and the network can answer, in sentences that say what to do next."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from attention_atlas.errors import (
    AttentionAtlasError,
    DownloadCancelled,
    DownloadInterrupted,
    HubUnreachable,
    ModelAccessDenied,
    ModelNotFound,
)
from attention_atlas.models.catalog import EMBEDDED_MODEL
from attention_atlas.models.errand import OutOfPatienceError, StoppedError
from attention_atlas.models.transfer import BrokenTransferError, connection_error

_UNREACHED = f'Check the connection and try again, or choose "{EMBEDDED_MODEL}".'
_KEPT = "What has arrived is kept, and the next try goes on from there."


@contextmanager
def explain(name: str, *, resolving: bool) -> Iterator[None]:
    """Around a look-up (`resolving`) or a download: what it raises becomes one of our errors."""
    try:
        yield
    except AttentionAtlasError:
        raise
    except Exception as error:
        explained = _refused(name, error) or _broken_off(name, error, resolving=resolving)
        if explained is None:
            raise
        raise explained from error


@contextmanager
def explain_waiting(name: str, *, resolving: bool) -> Iterator[None]:
    """Around waiting for either: what a listener to the progress raises is left as it is."""
    try:
        yield
    except (StoppedError, OutOfPatienceError):
        with explain(name, resolving=resolving):
            raise


def _refused(name: str, error: Exception) -> AttentionAtlasError | None:
    """The hub answered, and the answer is no."""
    from huggingface_hub import constants, get_token
    from huggingface_hub.errors import GatedRepoError, HfHubHTTPError

    if isinstance(error, GatedRepoError):
        return ModelAccessDenied(
            f"The hub gives the model '{name}' only to people who accepted its terms. Accept them "
            f"at {constants.ENDPOINT}/{name}, set HF_TOKEN to a token of yours, and try again."
        )
    if not isinstance(error, HfHubHTTPError):
        return None
    status = error.response.status_code
    if status == 404:
        return ModelNotFound(
            f"There is no model '{name}' on the hub ({constants.ENDPOINT}). Check the spelling, or "
            f'choose a folder or "{EMBEDDED_MODEL}".'
        )
    if status == 401 and not get_token():
        # To a stranger the hub says the same of a private model and of one that does not exist.
        return ModelAccessDenied(
            f"The hub does not show the model '{name}' to strangers: it is private, or it does not "
            "exist. Check the spelling, or set HF_TOKEN to a token that may read it."
        )
    if status in (401, 403):
        return ModelAccessDenied(
            f"The hub did not give the model '{name}' ({status}): the token in HF_TOKEN may not "
            "read it. Set HF_TOKEN to a token that may, or choose another model."
        )
    return DownloadInterrupted(
        f"The hub could not give the model '{name}' just now (it answered {status}). {_KEPT}"
    )


def _broken_off(name: str, error: Exception, *, resolving: bool) -> AttentionAtlasError | None:
    """There was no answer, or it stopped in the middle."""
    from huggingface_hub import constants
    from huggingface_hub.errors import FileMetadataError, LocalEntryNotFoundError

    if isinstance(error, StoppedError):
        return DownloadCancelled(f"Loading the model '{name}' was stopped. {_KEPT}")
    if resolving:
        if isinstance(error, (OutOfPatienceError, connection_error())):
            return HubUnreachable(
                f"The model '{name}' is not on this machine, and the hub ({constants.ENDPOINT}) "
                f"did not answer. {_UNREACHED}"
            )
        if not isinstance(error, (ValueError, KeyError, TypeError)):
            return None
        # A hotel's log-in page, or an address that is no hub.
        return HubUnreachable(
            f"The model '{name}' is not on this machine, and {constants.ENDPOINT} did not answer "
            f'as a hub does. Check HF_ENDPOINT and the connection, or choose "{EMBEDDED_MODEL}".'
        )
    if isinstance(error, BrokenTransferError):
        return DownloadInterrupted(f"The download of '{name}' broke off ({error}). {_KEPT}")
    lost = (OutOfPatienceError, LocalEntryNotFoundError, FileMetadataError, connection_error())
    if isinstance(error, lost):
        return DownloadInterrupted(
            f"The download of '{name}' broke off: the hub stopped answering. {_KEPT}"
        )
    if isinstance(error, OSError):
        return DownloadInterrupted(
            f"The download of '{name}' could not be written to {constants.HF_HUB_CACHE} "
            f"({error.strerror or error}). Make room or set HF_HOME to another folder. {_KEPT}"
        )
    return None
