"""The exceptions a user can meet.

Every message is whole: what was given, what was expected, what to do next. The page and the
command show `str(error)` as it is and nothing else.
"""


class AttentionAtlasError(Exception):
    """Anything that went wrong in a way the user can act on."""


class ModelNotFound(AttentionAtlasError):
    """The name is neither a folder, nor a model in the cache, nor one on the hub."""


class ModelAccessDenied(AttentionAtlasError):
    """The hub has the model but does not give it to this person (401, 403, gated)."""


class HubUnreachable(AttentionAtlasError):
    """The hub did not answer in time, or no download is allowed."""


class DownloadInterrupted(AttentionAtlasError):
    """A download broke off; what has arrived is kept and the next try goes on from there."""


class DownloadCancelled(AttentionAtlasError):
    """The person stopped a download."""


class UnsafeWeights(AttentionAtlasError):
    """The checkpoint has pickled weights only, which could run code while they load."""


class RemoteCodeRefused(AttentionAtlasError):
    """The checkpoint asks to run code of its own."""


class UnsupportedModel(AttentionAtlasError):
    """The checkpoint is not an encoder that Attention Atlas can look inside."""


class IncompleteModel(AttentionAtlasError):
    """A file of the checkpoint is missing, damaged, or does not fit the others."""


class NoPredictionHead(AttentionAtlasError):
    """The checkpoint has no masked-language-model head, so it cannot predict words."""


class NeedsModel(AttentionAtlasError):
    """A trace was loaded from its file without the model, and the numbers alone do not do."""


class ModelMismatch(AttentionAtlasError):
    """The model that was given with a file is not the one that the trace in it was made with."""


class TraceNotFound(AttentionAtlasError):
    """The file of a trace cannot be opened, or is no longer the one that the trace is from."""


class NotATrace(AttentionAtlasError):
    """The file holds no trace, or a damaged one, or one of a later version of the layout."""


class NotSaved(AttentionAtlasError):
    """A file could not be written."""


class EmptyText(AttentionAtlasError):
    """There is no word in the text."""


class TraceCancelled(AttentionAtlasError):
    """A pass through the network was stopped before its end."""


class InvalidChoice(AttentionAtlasError, ValueError):
    """A number or a name that was given is outside what is allowed."""
