"""A hub with one data set in it, and a program that loads from it: sources in, JSON out.

Only what the ``datasets`` library asks for when it loads Parquet files. Run as a program, because
the library reads the hub's address when it is imported.
"""

import contextlib
import hashlib
import io
import json
import os
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

import pyarrow as pa
from pyarrow import parquet

COMMIT = "c0ffee" + "0" * 34
ROWS = [{"problem": "1+1", "answer": "2", "level": 3}, {"problem": "2+2", "answer": "4"}]


def _parquet() -> bytes:
    content = io.BytesIO()
    parquet.write_table(pa.Table.from_pylist(ROWS), content)
    return content.getvalue()


FILES = {"README.md": b"---\nlicense: mit\n---\n", "data/test-00000-of-00001.parquet": _parquet()}


def _digest(name: str) -> str:
    return hashlib.sha1(FILES[name]).hexdigest()


ENTRIES: dict[str, dict[str, Any]] = {
    "data": {"type": "directory", "oid": COMMIT, "path": "data"},
    **{
        name: {"type": "file", "oid": _digest(name), "size": len(content), "path": name}
        for name, content in FILES.items()
    },
}
"""What the hub says about its folder and files."""


class Hub(BaseHTTPRequestHandler):
    """Answers for ``owner/set``; nothing else exists."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """A file, or something about the data set."""
        path = self.path.partition("?")[0]
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        if "/owner/set" not in path:
            self._say(b"{}", 404, {"X-Error-Code": "RepoNotFound"})
        elif "/resolve/" in path:
            self._file(path.split("/resolve/")[1].split("/", 1)[1])
        elif "/paths-info/" in path:
            asked = json.loads(body)["paths"] if body[:1] == "{" else parse_qs(body)["paths"]
            self._json([about for name, about in ENTRIES.items() if name in asked])
        elif "/tree/" in path:
            self._json(list(ENTRIES.values()))
        else:
            siblings = [{"rfilename": name} for name in FILES]
            self._json({"id": "owner/set", "sha": COMMIT, "siblings": siblings, "tags": []})

    do_HEAD = do_POST = do_GET  # noqa: N815 - so named by the library

    def _file(self, name: str) -> None:
        if name not in FILES:
            self._say(b"", 404, {"X-Error-Code": "EntryNotFound"})
            return
        self._say(FILES[name], 200, {"X-Repo-Commit": COMMIT, "ETag": f'"{_digest(name)}"'})

    def _json(self, content: Any) -> None:
        self._say(json.dumps(content).encode(), 200, {"Content-Type": "application/json"})

    def _say(self, content: bytes, status: int, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(content))}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the library's name
        """Nothing."""


def main() -> None:
    """Load every source that is named; then, without the hub, the first of them again."""
    hub = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    threading.Thread(target=hub.serve_forever, daemon=True).start()
    os.environ["HF_ENDPOINT"] = f"http://127.0.0.1:{hub.server_port}"

    import datasets
    import huggingface_hub

    from tts_async.errors import DatasetError
    from tts_async.evaluation import load_problems

    def load(source: str) -> Any:
        try:
            return [[problem.text, problem.answer] for problem in load_problems(source)]
        except DatasetError as error:
            return str(error)

    with contextlib.redirect_stdout(sys.stderr):
        found = [load(source) for source in sys.argv[1:]]
        datasets.config.HF_HUB_OFFLINE = huggingface_hub.constants.HF_HUB_OFFLINE = True
        found.append(load(sys.argv[1]))
    print(json.dumps(found))  # noqa: T201 - it is a program


if __name__ == "__main__":
    main()
