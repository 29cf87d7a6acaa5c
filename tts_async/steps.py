"""Where one reasoning step ends and the next begins."""

DELIMITER = "\n\n"
"""Ends a step; stays part of its text."""


def split_steps(text: str) -> tuple[str, ...]:
    """The steps of a text, delimiters kept; their concatenation is the text.

    A blank stretch is no step of its own: it belongs to the step before it (or, at the very
    beginning, to the first step).
    """
    if text.find(DELIMITER) == len(text) - len(DELIMITER) and text.strip():
        return (text,)  # what a search generates is one step, as a rule
    steps: list[str] = []
    for piece in _pieces(text):
        if steps and (not piece.strip() or not steps[0].strip()):
            steps[-1] += piece
        else:
            steps.append(piece)
    return tuple(steps) if text.strip() else ()


def _pieces(text: str) -> list[str]:
    pieces = text.split(DELIMITER)
    closed = [piece + DELIMITER for piece in pieces[:-1]]
    return [*closed, pieces[-1]] if pieces[-1] else closed
