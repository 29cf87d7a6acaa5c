r"""One way of writing for what has many: spaces, ``\left``, dollar signs, thousands, names, units.

A rewrite removes what changes how an answer looks and never what it means, and it keeps apart what
math-verify would take for the same: it drops text as a unit, primes altogether, and works a
derivative of one letter by another out to zero.
"""

import re

_SIGNS = str.maketrans(
    {
        "\u2212": "-",  # minus
        "\u2013": "-",  # dash
        "\u00a0": " ",
        "~": " ",
        "\u00b0": r"^\circ ",
        "\u00b2": "^2",
        "\u00b3": "^3",
        "\u221a": "sqrt",
        "\u221e": r"\infty ",
    }
)
_NAMES = r"(?:arc)?(?:sin|cos|tan)|ln|log|pi|alpha|beta|gamma|lambda|theta"
_CIRCLE = r"\^\s*(?:\\circ(?![A-Za-z])|\{\s*\\circ\s*\})"
_UNITS = (
    r" ?(?:[cdkm]m|kg|ft|in|lbs?|oz|hrs?|mins?|mph|km/h|m/s)"
    r"| (?!plus|minus|times)[A-Za-z]{4,}(?: [A-Za-z]+)*"
)
_POWERS = {"thousand": 3, "million": 6, "billion": 9, "trillion": 12}

_REWRITES: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), replacement)
    for pattern, replacement in (
        (r"\s+", " "),
        (r"(?<!\\)\\[!,]", ""),  # "10,\!080"
        (r"(?<!\\)\\(?:[;:> ]|q?quad(?![A-Za-z]))", " "),
        (r"\\?\$", ""),
        (r"\\(?:left|right)(?![A-Za-z])(?:\s*\.)?", ""),
        (r"\\(?:[bB]igg?[lrm]?|displaystyle|textstyle)(?![A-Za-z])", ""),
        (r"\\[dtc]frac(?![A-Za-z])", r"\\frac"),
        (r"(?<=\d) ?x ?(?=10 ?\^)", r"\\times "),
        # Names without a backslash, and with too much around them.
        (rf"\\(?:operatorname|mathrm)\s*\{{\s*({_NAMES})\s*\}}", r"\\\1 "),
        (rf"(?<![\\A-Za-z])({_NAMES})(?![A-Za-z])", r"\\\1 "),
        (r"(?<![\\A-Za-z])sqrt ?(\d+|[A-Za-z](?![A-Za-z]))", r"\\sqrt{\1}"),
        # math-verify drops text as a unit; these are quantities.
        (r"\\math(?:bf|it)\s*\{\s*([A-Za-z])\s*\}", r" \1"),
        (r"\\mathrm\s*\{\s*([ei])\s*\}|\\text(?:rm)?\s*\{\s*(i)\s*\}", r" \1\2"),
        (r"\\mathrm\s*\{\s*d\s*\}(?= ?[A-Za-z])", " d"),
        (r"\\(?:mbox|hbox|text(?:bf|it|rm|normal)?|math(?:rm|bf|it))\s*(?=\{)", r"\\text"),
        (r"\^ ?\{? ?(?:\\text ?\{)? ?(st|nd|rd|th)[ }]*$", r"\1"),
        (r"(?:(?<=1)st|(?<=2)nd|(?<=3)rd|(?<=\d)th)$", ""),
        # A number and what is counted: the words are a unit, unless they are part of the number.
        (r"^\\text\{ ?([-+]?\d[\d.,/]*) ?(?=[A-Za-z][A-Za-z ]*\}$)", r"\1\\text{"),
        (rf"(?<=[\d}}])({_UNITS})(\^ ?\{{?[23]\}}?)?\.?(?=,|$)", r"\\text{\1}\2"),
        (r"(?<=[\d}])\s?\\text\{ ?([^{}]*?) ?\}(?=.*\\text\{ ?\1 ?\}$)", ""),  # one unit for a list
        (r"^([-+]?[\d.,/]+) ([gmshl])$", r"\1\\text{\2}"),
        *(
            (rf"(?<=\d) ?\\text\{{ ?{word}(?![A-Za-z])", rf"\\cdot10^{{{power}}}\\text{{")
            for word, power in _POWERS.items()
        ),
        (r"\\text\{ *\}", ""),
        (rf"(?:{_CIRCLE}|\\degree(?![A-Za-z])) ?(?=\d)", r"\\text{deg}"),  # minutes follow
        (rf"{_CIRCLE}|\\degree(?![A-Za-z])", ""),
        (r"(?<=[\d}])\s*(?:\\text\s*\{\s*degrees?\s*\}|degrees?)\s*$", ""),
        # Derivatives, and corners of a triangle, as names that mathematics keeps.
        (r"\^ ?\{ ?\\prime ?\\prime ?\}", "''"),
        (r"\^ ?\{? ?\\prime ?\}?", "'"),
        (r"(?<![A-Za-z])([A-Za-z])''", r"\1_{dd}"),
        (r"(?<![A-Za-z])([A-Za-z])'", r"\1_{d}"),
        (r"\\frac ?\{ ?d ?([A-Za-z]) ?\} ?\{ ?d ?([A-Za-z]) ?\}", r"D_{\1\2}"),
        (r"\\frac ?\{ ?\\partial ?([A-Za-z]) ?\} ?\{ ?\\partial ?([A-Za-z]) ?\}", r"D_{\1\2}"),
        (r"(?<![A-Za-z\\])d([A-Za-z]) ?/ ?d([A-Za-z])(?![A-Za-z])", r"D_{\1\2}"),
        (r"\\angle ?([A-Z]) ?([A-Z]) ?([A-Z])(?![A-Za-z])", r"\2_{0}\1\3"),
        (r"\{\s*,\s*\}", ","),
        (r"\s+", " "),
        # A space matters only between two digits or two letters, and after a line break.
        (r" (?![A-Za-z0-9])|(?<![A-Za-z0-9\\]) |(?<=[A-Za-z]) (?=\d)|(?<=\d) (?=[A-Za-z])", ""),
        (r"(?<!\.)\.$", ""),
    )
)
_TRIGONOMETRY = re.compile(r"(?:sin|cos|tan|cot|\\sec|csc)(?![A-Za-z])")
_DEGREES = re.compile(rf"(\d+(?:\.\d+)?)\s*{_CIRCLE}")


def tidy(answer: str) -> str:
    """The answer in its one writing, still LaTeX."""
    text = answer.translate(_SIGNS).strip()
    if _TRIGONOMETRY.search(text):  # elsewhere a degree is a unit like any other
        text = _DEGREES.sub(r"(\1\\cdot\\frac{\\pi}{180})", text)
    for pattern, replacement in _REWRITES:
        text = pattern.sub(replacement, text)
    text = text.strip()
    if text.startswith("{") and _closing(text) == len(text) - 1:
        return text[1:-1].strip()
    return text


def _closing(text: str) -> int:
    """Where the brace that opens the text closes; -1 if it does not."""
    depth = 0
    for place, sign in enumerate(text):
        escaped = place > 0 and text[place - 1] == "\\"
        if sign in "{}" and not escaped:
            depth += 1 if sign == "{" else -1
            if depth == 0:
                return place
    return -1
