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


class NotEnoughMemory(AttentionAtlasError):
    """There is no memory left for a model that is being loaded, or for a text that is read."""

    def __init__(self, said: str, remedy: str = "") -> None:
        """What happened, and what to do; a page that has buttons for that shows the first alone."""
        super().__init__(f"{said} {remedy}".strip())
        self.said = said
        """What happened, without what to do."""


class ModelTooLarge(NotEnoughMemory):
    """A model needs more memory than is free; nothing was loaded or downloaded."""


class NotEnoughDiskSpace(AttentionAtlasError):
    """The disk has no room for what is to be downloaded; nothing was begun."""


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


class TooLong(AttentionAtlasError):
    """A text has more characters than are read at all."""


class TooManyRequests(AttentionAtlasError):
    """A page, or all at one network address, asked for more within a minute than they may."""


class NotOffered(AttentionAtlasError):
    """A visitor asked a server for a model that it does not offer."""


class Draining(AttentionAtlasError):
    """The application is about to end and begins nothing new."""


class TraceCancelled(AttentionAtlasError):
    """A pass through the network was stopped before its end."""


class InvalidChoice(AttentionAtlasError, ValueError):
    """A number or a name that was given is outside what is allowed."""


class PortTaken(InvalidChoice):
    """Another program listens at the port that was asked for."""
