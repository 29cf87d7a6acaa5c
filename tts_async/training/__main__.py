"""``python -m tts_async.training`` runs a stage of the recipe."""

from tts_async.training.cli.app import app

if __name__ == "__main__":
    app(prog_name="python -m tts_async.training")
