"""Which version of Attention Atlas this is; below everything, as saved files tell it too."""

__version__ = "0.1.0"
