"""A search as a tree to look at: what was tried, what the verifier said, what was dropped.

``view`` decides what a node is to a reader, ``terminal`` and ``page`` draw it.
"""

from tts_async.observe.tree.page import tree_page
from tts_async.observe.tree.terminal import draw_tree, printable

__all__ = ["draw_tree", "printable", "tree_page"]
