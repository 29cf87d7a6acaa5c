"""``python -m tts_async`` is the command ``tts-async``."""

from tts_async.cli import main

if __name__ == "__main__":
    main()
