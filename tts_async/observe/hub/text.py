"""Texts as they may leave the process."""


def shown(text: str, most: int) -> str:
    """The text as valid Unicode, cut to ``most`` characters, the last a mark that it was."""
    if len(text) > most:
        text = text[: max(most - 1, 0)] + "…"
    if text.isascii():
        return text
    return text.encode("utf-8", "replace").decode("utf-8")  # lone surrogates are no text
