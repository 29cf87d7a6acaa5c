"""What goes on right now, for those who look on from outside the process."""

from tts_async.observe.hub.event_hub import EventHub
from tts_async.observe.hub.frames import Frame, LaneRecord

__all__ = ["EventHub", "Frame", "LaneRecord"]
