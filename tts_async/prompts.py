"""What models are told before the problem."""

SYSTEM_PROMPT = r"""Solve the problem in clear steps.

- Write every step as "## Step 1: [what is done]" followed by a short explanation and calculation, \
and leave an empty line between steps. Easy problems need one or two steps.
- End with exactly this line: Therefore, the final answer is: $\boxed{answer}$. I hope it is \
correct.

Here [answer] is only the final number or expression that answers the question."""
"""Asks for the format of the published recipe: steps separated by empty lines, boxed answer."""
