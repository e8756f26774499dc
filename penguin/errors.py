"""Every error this package raises on purpose: what was wrong, where, and what to do."""


class RaisePenguinError(Exception):
    """Base of all errors raised on purpose; the command line makes it one line and status 2."""


class DataError(RaisePenguinError):
    """A data file or a record in it is missing, broken or unknown."""


class SettingsError(RaisePenguinError):
    """An option, a context field or an environment variable has a value that cannot be used."""


class MessageError(RaisePenguinError):
    """A person's message cannot be read: it is empty or far too long."""


class ModelUnavailableError(RaisePenguinError):
    """A chat model could not be reached, refused the key, or took longer than its time limit."""


class StructuredAnswerError(RaisePenguinError):
    """A chat model's answer did not fit its schema, and the one repair attempt did not help."""


class StoreError(RaisePenguinError):
    """A policy store cannot be used: missing, corrupt, newer, or made by another embedder."""


class RunError(RaisePenguinError):
    """An evaluation run cannot go on, for example because its settings changed."""
