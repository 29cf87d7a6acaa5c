"""Who may ask, and how much at a time: keys, their limits, and the line for a turn."""

from tts_async.gateway.access.adding import add_to_file, entry_of
from tts_async.gateway.access.control import AccessControl
from tts_async.gateway.access.key_file import is_open_to_all, read_key_file
from tts_async.gateway.access.key_ring import KeyRing
from tts_async.gateway.access.reloading import reload_keys, reloading_on_hangup
from tts_async.gateway.access.secret import new_key
from tts_async.gateway.access.sources import KEYS_VARIABLE, KeySources
from tts_async.gateway.access.tenant import ANYBODY, KeyLimits, Tenant

__all__ = [
    "ANYBODY",
    "KEYS_VARIABLE",
    "AccessControl",
    "KeyLimits",
    "KeyRing",
    "KeySources",
    "Tenant",
    "add_to_file",
    "entry_of",
    "is_open_to_all",
    "new_key",
    "read_key_file",
    "reload_keys",
    "reloading_on_hangup",
]
