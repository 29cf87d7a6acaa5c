"""The command ``python -m tts_async.training``: one sub-command per stage."""
