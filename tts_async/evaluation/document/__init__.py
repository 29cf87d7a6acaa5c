"""The report of an evaluation: what it says (``contents``), as Markdown and as one HTML page."""

from tts_async.evaluation.document.contents import Document, make_document
from tts_async.evaluation.document.html import to_html
from tts_async.evaluation.document.markdown import to_markdown

__all__ = ["Document", "make_document", "to_html", "to_markdown"]
