"""search-and-learn to the letter: its three searches and its three predictions, quirks included.

What the textbook strategies do differently, they do on purpose. These exist so that published
curves can be reproduced: given the same model and the same reward model they keep the same beams
and predict the same answers as huggingface/search-and-learn at commit 6f81cac. Each quirk is named
where it happens; the page *Reference parity* of the documentation has the list.
"""

from tts_async.strategies.reference.beam_search import ReferenceBeamSearch
from tts_async.strategies.reference.best_of_n import ReferenceBestOfN
from tts_async.strategies.reference.dvts import ReferenceDVTS
from tts_async.strategies.reference.extraction import extract_reference_answer
from tts_async.strategies.reference.prediction import predictions

__all__ = [
    "ReferenceBeamSearch",
    "ReferenceBestOfN",
    "ReferenceDVTS",
    "extract_reference_answer",
    "predictions",
]
