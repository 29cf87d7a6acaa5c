"""Conversations to token ids, and ids back to text.

Reads ``tokenizer.json`` and the chat template directly: the classes of transformers do the same
and cost two seconds of imports, which every ``solve()`` would pay.
"""

import datetime as dt
import json
import re
from collections.abc import Sequence
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, NoReturn

import jinja2
import jinja2.ext
from jinja2.sandbox import ImmutableSandboxedEnvironment
from tokenizers import Tokenizer

from tts_async.errors import ConfigurationError
from tts_async.inference.checkpoint import read_json
from tts_async.inference.wire import Conversation

REMEMBERED_PROMPTS = 4096
HIDDEN = re.compile("\ue000([0-9]+)\ue001")
"""Stands for a special token that a turn spells while the template is filled in."""


class ChatTokenizer:
    """The tokenizer of a model folder.

    A folder without a chat template (a base model) gets the turns' contents, each followed by a
    blank line.
    """

    def __init__(self, folder: Path) -> None:
        path = folder / "tokenizer.json"
        if not path.exists():
            raise ConfigurationError(
                f"no tokenizer.json in {folder}; write one with "
                "AutoTokenizer.from_pretrained(folder).save_pretrained(folder)"
            )
        try:
            self._tokenizer = Tokenizer.from_file(str(path))
        except Exception as error:  # the library raises bare Exception
            raise ConfigurationError(f"cannot read {path}: {error}") from error
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()
        settings = read_json(folder / "tokenizer_config.json", missing={})
        self._specials = {
            name: token["content"] if isinstance(token, dict) else token
            for name, token in settings.items()
            if name.endswith("_token") and isinstance(token, str | dict)
        }
        added = self._tokenizer.get_added_tokens_decoder().values()
        special = [re.escape(token.content) for token in added if token.special]
        self._special = re.compile("|".join(special) or "(?!)")
        self._template = _compile(_template_text(folder, settings))
        self.prompt_ids = lru_cache(REMEMBERED_PROMPTS)(self.chat_ids)

    def encode(self, text: str) -> list[int]:
        """Ids of a text, nothing added."""
        text.encode()  # says what is wrong with a lone surrogate, which the tokenizer does not
        return list(self._tokenizer.encode(text, add_special_tokens=False).ids)

    def encode_plain(self, text: str) -> list[int]:
        """Ids of a text, nothing added; a special token that it spells is text like any other."""
        self._tokenizer.encode_special_tokens = True  # which means: as text
        try:
            return self.encode(text)
        finally:
            self._tokenizer.encode_special_tokens = False

    def decode(self, ids: Sequence[int]) -> str:
        """Text of ids, special tokens included, so that text and ids say the same."""
        return str(self._tokenizer.decode(ids, skip_special_tokens=False))

    def id_of(self, token: str | None) -> int | None:
        """The id of one token as it is spelled in the vocabulary."""
        return None if token is None else self._tokenizer.token_to_id(token)

    @property
    def end_id(self) -> int | None:
        """The end-of-sequence id that the tokenizer declares."""
        return self.id_of(self._specials.get("eos_token"))

    @property
    def begin_ids(self) -> tuple[int, ...]:
        """The beginning-of-sequence id that the tokenizer declares; empty if it has none."""
        found = self.id_of(self._specials.get("bos_token"))
        return () if found is None else (found,)

    @cached_property
    def pieces(self) -> list[str]:
        """The text of every single id."""
        ids = range(self._tokenizer.get_vocab_size())
        return self._tokenizer.decode_batch([[i] for i in ids], skip_special_tokens=False)

    def render(self, conversation: Conversation, *, is_open: bool = True) -> str:
        """The conversation as text; ``is_open``: up to where the assistant starts to speak."""
        messages = [{"role": role, "content": content} for role, content in conversation]
        try:
            return self._template.render(
                messages=messages, add_generation_prompt=is_open, **self._specials
            )
        except jinja2.TemplateError as error:
            raise ConfigurationError(f"the chat template refuses this: {error}") from error

    def chat_ids(self, conversation: Conversation, *, is_open: bool = True) -> tuple[int, ...]:
        """The ids of ``render``; special tokens are the template's, never a turn's own."""
        spelled: list[str] = []

        def hide(match: re.Match[str]) -> str:
            spelled.append(match[0])
            return f"\ue000{len(spelled) - 1}\ue001"

        hidden = tuple((role, self._special.sub(hide, content)) for role, content in conversation)
        first, *rest = HIDDEN.split(self.render(hidden, is_open=is_open))
        ids = self.encode(first)
        for number, text in zip(rest[::2], rest[1::2], strict=True):
            ids += self.encode_plain(spelled[int(number)]) + self.encode(text)
        return tuple(ids)


def _template_text(folder: Path, settings: dict[str, Any]) -> str:
    file = folder / "chat_template.jinja"
    if file.exists():
        return file.read_text(encoding="utf-8")
    template = settings.get("chat_template")
    if isinstance(template, list):  # several, by name
        template = {entry["name"]: entry["template"] for entry in template}.get("default")
    return template or "{% for m in messages %}{{ m['content'] + '\\n\\n' }}{% endfor %}"


def _compile(text: str) -> jinja2.Template:
    """With the functions that templates on the hub rely on."""
    environment = ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=[jinja2.ext.loopcontrols]
    )
    environment.filters["tojson"] = _to_json
    environment.globals["raise_exception"] = _refuse
    # One date for all prompts, or those of a path would not begin alike over midnight.
    environment.globals["strftime_now"] = dt.datetime.now().astimezone().strftime
    return environment.from_string(text)


def _to_json(value: Any, indent: int | None = None) -> str:
    return json.dumps(value, ensure_ascii=False, indent=indent)


def _refuse(message: str) -> NoReturn:
    raise jinja2.TemplateError(message)
