r"""Does the stop string end where a token ends?

The server cuts the text behind the stop string, but it samples whole tokens: a token ``"\n\nSo"``
ends a step at ``"\n\n"`` while its id still says "So". Continuing from such ids would continue a
text that nobody scored. Nothing in the answer tells, so the texts of the last tokens do. They are
asked for once per token id and server, which soon costs nothing: few tokens can end a step.

The test assumes that the server looks for the stop string after every token. A server that
decodes speculatively looks after a few at a time; what it samples past a stop string is still
noticed, unless that too ends in the very same token.
"""


def needs_earlier_token(tail: str, stop: str) -> bool:
    """Whether the token before ``tail`` decides where ``stop`` is first found.

    It does when ``tail`` lacks the stop string, or may begin with the rest of one.
    """
    return stop not in tail or any(tail.startswith(stop[i:]) for i in range(1, len(stop)))


def ends_at_token(tail: str, stop: str) -> bool:
    """Whether the first stop string in ``tail``, the text of whole tokens, is also its end."""
    return tail.find(stop) == len(tail) - len(stop) >= 0
