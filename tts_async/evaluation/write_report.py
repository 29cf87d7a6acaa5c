"""Write the report of an evaluation: Markdown, one HTML page, and the pictures.

Everything comes from the content of ``results.json``, so a report can be written again whenever it
should look different, and comes out the same as long as it should not.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from tts_async.errors import ConfigurationError
from tts_async.evaluation.document import make_document, to_html, to_markdown
from tts_async.evaluation.pictures import PICTURES, draw_pictures, missing_matplotlib
from tts_async.evaluation.results import Results, parse_results, printable
from tts_async.evaluation.whole_file import write_whole

MARKDOWN: Final = "report.md"
HTML: Final = "report.html"
PICTURE_FOLDER: Final = "pictures"


def write_report(
    folder: Path,
    results: Mapping[str, Any] | Results,
    references: Mapping[str, float] | None = None,
) -> list[Path]:
    """Write ``report.md``, ``report.html`` and ``pictures/`` into ``folder``; return what is there.

    ``results`` is the content of a ``results.json``; ``references`` maps labels to accuracies in
    [0, 1], drawn as horizontal lines. Without matplotlib there are no pictures and the report says
    so. Pictures of an earlier report that these results do not have are removed. Raises
    ``ConfigurationError`` when the results cannot be understood or the folder cannot be written.
    """
    known = results if isinstance(results, Results) else parse_results(results)
    references = printable(references or {})
    obstacle = missing_matplotlib()
    pictures = [] if obstacle else list(draw_pictures(known, references))
    document = make_document(known, references, notes=[] if obstacle is None else [obstacle])
    drawn = {picture.name: picture.svg for picture in pictures}
    files = {
        MARKDOWN: to_markdown(document, drawn).encode(),
        HTML: to_html(document, drawn).encode(),
        **{f"{PICTURE_FOLDER}/{picture.name}.svg": picture.svg.encode() for picture in pictures},
        **{f"{PICTURE_FOLDER}/{picture.name}.png": picture.png for picture in pictures},
    }
    try:
        return _write(Path(folder), files)
    except OSError as error:
        raise ConfigurationError(
            f"report: cannot write to {folder} ({error.strerror}); choose another folder"
        ) from error


def _write(folder: Path, files: Mapping[str, bytes]) -> list[Path]:
    written = []
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, content)
        written.append(path)
    for name in PICTURES:
        for suffix in ("svg", "png"):
            if f"{PICTURE_FOLDER}/{name}.{suffix}" not in files:
                (folder / PICTURE_FOLDER / f"{name}.{suffix}").unlink(missing_ok=True)
    return written
