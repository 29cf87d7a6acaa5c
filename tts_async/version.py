"""The version of the package, for programs and for what they write down."""

__version__ = "0.1.0"
