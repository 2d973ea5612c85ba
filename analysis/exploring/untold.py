"""What was understood and cannot be had: a line for the one who wrote the call, a sentence for the one who asked."""

from analysis.faults import UserFault
from analysis.presentation.language import Text, both


class Untold(UserFault):
    """A fault that an answer can show.

    Parameters
    ----------
    line : as any fault's, in the words of the call
    text : the same for a reader, in every language
    """

    def __init__(self, line: str, text: Text) -> None:
        super().__init__(line)
        self.text = text


def told(fault: UserFault) -> Text:
    """A fault as a reader is told: its own sentence, or that the figure cannot be had that way."""
    if isinstance(fault, Untold):
        return fault.text
    return {**both("This figure cannot be had that way."), "en": fault.lines[0]}
