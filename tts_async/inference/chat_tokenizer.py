"""Conversations to token ids, and ids back to text.

Reads ``tokenizer.json`` and the chat template directly: the classes of transformers do the same
and cost two seconds of imports, which every ``solve()`` would pay.
"""

import datetime as dt
import json
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
        self._template = _compile(_template_text(folder, settings))
        self.prompt_ids = lru_cache(REMEMBERED_PROMPTS)(self._prompt_ids)

    def encode(self, text: str) -> list[int]:
        """Ids of a text, nothing added."""
        text.encode()  # says what is wrong with a lone surrogate, which the tokenizer does not
        return list(self._tokenizer.encode(text, add_special_tokens=False).ids)

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

    @cached_property
    def pieces(self) -> list[str]:
        """The text of every single id."""
        ids = range(self._tokenizer.get_vocab_size())
        return self._tokenizer.decode_batch([[i] for i in ids], skip_special_tokens=False)

    def render(self, conversation: Conversation) -> str:
        """The conversation as text, up to where the assistant starts to speak."""
        messages = [{"role": role, "content": content} for role, content in conversation]
        try:
            return self._template.render(
                messages=messages, add_generation_prompt=True, **self._specials
            )
        except jinja2.TemplateError as error:
            raise ConfigurationError(f"the chat template refuses this: {error}") from error

    def _prompt_ids(self, conversation: Conversation) -> tuple[int, ...]:
        return tuple(self.encode(self.render(conversation)))


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
    environment.globals["strftime_now"] = _now
    return environment.from_string(text)


def _to_json(value: Any, indent: int | None = None) -> str:
    return json.dumps(value, ensure_ascii=False, indent=indent)


def _refuse(message: str) -> NoReturn:
    raise jinja2.TemplateError(message)


def _now(pattern: str) -> str:
    return dt.datetime.now().astimezone().strftime(pattern)
