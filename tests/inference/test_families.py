"""Families are recognised, and write what their cards say: checked without any tokenizer."""

import pickle
import subprocess
import sys

import pytest

from tts_async.errors import ConfigurationError
from tts_async.inference.families import (
    FAMILIES,
    Bos,
    Chat,
    Prompt,
    Text,
    Token,
    find_family,
    recognise,
    token_classifier,
)

CONVERSATION = (("user", "What is 1+1?"),)
STEPS = ("We add.\nSlowly.", "It is 2.")
QWEN_SYSTEM = ("system", "Please reason step by step, and put your final answer within \\boxed{}.")
PROMPTS: dict[str, Prompt] = {
    "qwen-math-prm": (
        Chat((QWEN_SYSTEM, *CONVERSATION)),
        *(Text("We add.\nSlowly."), Token("<extra_0>")),
        *(Text("It is 2."), Token("<extra_0>")),
    ),
    "rlhflow": (
        Chat(
            (
                ("user", "What is 1+1? We add.\nSlowly."),
                ("assistant", "+"),
                ("user", "It is 2."),
            )
        ),
    ),
    "math-shepherd": (Bos(), Text("What is 1+1? We add.\nSlowly. ки\nIt is 2. ки")),
    "skywork": (
        *(Bos(), Text("What is 1+1?\n")),
        *(Text("We add."), Text("\n"), Text("Slowly."), Text("\n")),
        *(Text("It is 2."), Text("\n")),
    ),
    "trl": (
        *(Bos(), Text("What is 1+1?")),
        *(Text("We add.\nSlowly."), Text("\n"), Text("It is 2."), Text("\n")),
    ),
    "qwen-math-trl": (
        *(Bos(), Text("What is 1+1?")),
        *(Text("We add.\nSlowly."), Text("\n\n"), Text("It is 2."), Text("\n\n")),
    ),
    "outcome": (
        Chat((*CONVERSATION, ("assistant", "We add.\nSlowly.\n\nIt is 2.")), is_open=False),
    ),
}
KNOWN = [
    ("Qwen/Qwen2.5-Math-PRM-72B", "Qwen2ForProcessRewardModel", "qwen-math-prm"),
    ("Qwen/Qwen2.5-Math-7B-PRM800K", "Qwen2ForProcessRewardModel", "qwen-math-prm"),
    ("RLHFlow/Llama3.1-8B-PRM-Deepseek-Data", "LlamaForCausalLM", "rlhflow"),
    ("models/Llama3.1-8B-PRM-Mistral-Data/", "LlamaForCausalLM", "rlhflow"),
    ("peiyi9979/math-shepherd-mistral-7b-prm", "MistralForCausalLM", "math-shepherd"),
    ("Skywork/Skywork-o1-Open-PRM-Qwen-2.5-1.5B", "Qwen2ForPrmModel", "skywork"),
    (
        "HuggingFaceH4/Qwen2.5-Math-7B-Instruct-PRM-0.2",
        "Qwen2ForTokenClassification",
        "qwen-math-trl",
    ),
]


@pytest.mark.parametrize("name", FAMILIES)
def test_prompts_are_those_of_the_cards(name: str) -> None:
    """Two steps, the first of two lines."""
    assert FAMILIES[name].prompt(CONVERSATION, STEPS) == PROMPTS[name]


@pytest.mark.parametrize(("name", "architecture", "family"), KNOWN)
def test_published_models_are_recognised(name: str, architecture: str, family: str) -> None:
    """By name and config; by the name alone, as of a server's model."""
    for architectures in ([architecture], []):
        found = recognise(name, architectures)
        assert found is not None
        assert found.name == family


def test_the_config_outweighs_the_name() -> None:
    """A folder of any name with a telling architecture; a name that its config contradicts."""
    for architecture, family in (
        ("Qwen2ForProcessRewardModel", "qwen-math-prm"),
        ("Qwen2ForPrmModel", "skywork"),
        ("LlamaForTokenClassification", "trl"),
        ("Gemma2ForSequenceClassification", "outcome"),
    ):
        found = recognise("./mine", [architecture])
        assert found is not None
        assert found.name == family
    found = recognise("me/Qwen2.5-Math-PRM-7B-distilled", ["Qwen2ForTokenClassification"])
    assert found is FAMILIES["trl"]
    assert recognise("meta-llama/Llama-3.2-1B-Instruct", ["LlamaForCausalLM"]) is None


def test_a_system_turn_of_the_conversation_wins() -> None:
    """The family's own system prompt is for conversations without one."""
    conversation = (("system", "Be strict."), *CONVERSATION)
    first = FAMILIES["qwen-math-prm"].prompt(conversation, STEPS)[0]
    assert first == Chat(conversation)


def test_text_families_read_all_turns() -> None:
    """Earlier turns stand before the problem."""
    conversation = (("user", "Hello."), ("assistant", "Hi."), *CONVERSATION)
    assert Text("Hello.\nHi.\nWhat is 1+1?") in FAMILIES["trl"].prompt(conversation, STEPS)
    (chat,) = FAMILIES["rlhflow"].prompt(conversation, STEPS[:1])
    assert chat == Chat((*conversation[:2], ("user", "What is 1+1? We add.\nSlowly.")))


def test_families_are_data() -> None:
    """They reach a process unchanged, by name or as they are, and need no torch for it."""
    for family in (*FAMILIES.values(), token_classifier("\n\n\n")):
        assert pickle.loads(pickle.dumps(family)) == family == find_family(family)
    assert find_family("rlhflow") is FAMILIES["rlhflow"]
    with pytest.raises(ConfigurationError, match="family: unknown 'llama'; choose one of qwen-ma"):
        find_family("llama")
    code = "import sys, tts_async.inference.families; sys.exit('torch' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
