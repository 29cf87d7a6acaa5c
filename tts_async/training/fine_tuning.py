"""Stage three: a base model and labelled solutions become a process reward model.

The recipe is that of TRL's ``PRMTrainer``: a token classifier with the classes wrong (0) and right
(1), a separator after every step, the cross-entropy at the separators and nowhere else. What is
written is an ordinary folder of transformers, which ``LocalVerifier`` recognises.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from tts_async.embedded.descent import descend, print_line
from tts_async.errors import ConfigurationError, VerificationError
from tts_async.inference.chat_tokenizer import ChatTokenizer
from tts_async.inference.families import FAMILIES
from tts_async.inference.hub import model_folder
from tts_async.inference.path_marker import PathMarker
from tts_async.inference.reward_model_loading import usable_device
from tts_async.step_metrics import NO_ERROR, first_error
from tts_async.training.card import write_card
from tts_async.training.encoding import Row, encode, make_batches
from tts_async.training.recipe import TrainingOptions, TrainingReport
from tts_async.training.stepwise import LabelledSolution
from tts_async.types.verification import Aggregation

FAMILY = FAMILIES["trl"]


def train_verifier(
    base: str | Path,
    solutions: Sequence[LabelledSolution],
    out: str | Path,
    *,
    options: TrainingOptions | None = None,
    command: str = "",
    tell: Callable[[str], None] = print_line,
) -> TrainingReport:
    """Fine-tune ``base`` (a folder or a hub id) on labelled steps and write the folder ``out``.

    Solutions with ``shares`` are learned as they are (soft), the others from their labels. With
    one thread on a CPU the same seed gives the same weights. Progress goes to ``tell``, a line at
    a time; ``command`` is repeated on the model card. Raises ``ConfigurationError`` when the base
    cannot be loaded or the device not used, and when there is nothing to learn from.
    """
    options = options or TrainingOptions()
    device = usable_device(options.device)
    torch.manual_seed(options.seed)
    folder = _make_folder(out)
    model = _load(base, folder)
    rows = _encode_all(solutions, folder, model.config.max_position_embeddings)
    batches = list(
        make_batches(rows, tokens=options.batch_tokens, epochs=options.epochs, seed=options.seed)
    )
    losses = _descend(model, batches, options, device, tell)
    report = TrainingReport(
        solutions=len(rows),
        too_long=len(solutions) - len(rows),
        steps=len(batches),
        losses=tuple(losses),
    )
    model.config.aggregation = fitting_aggregation(solutions)
    model.to("cpu").save_pretrained(folder)
    write_card(
        folder, base=base, solutions=solutions, options=options, report=report, command=command
    )
    return report


def _make_folder(out: str | Path) -> Path:
    try:
        Path(out).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigurationError(
            f"out: cannot write to {out} ({error.strerror}); choose another folder"
        ) from error
    return Path(out)


def _load(base: str | Path, folder: Path) -> Any:
    """The model with a fresh head; its tokenizer stands in ``folder`` afterwards."""
    import transformers

    source = model_folder(str(base))
    try:
        model = transformers.AutoModelForTokenClassification.from_pretrained(
            source,
            num_labels=2,
            id2label={0: "wrong", 1: "right"},
            label2id={"wrong": 0, "right": 1},
            dtype=torch.float32,
        )
        transformers.AutoTokenizer.from_pretrained(source).save_pretrained(folder)
    except (OSError, ValueError) as error:
        raise ConfigurationError(
            f"base: cannot make a token classifier of {base} ({error}); give the folder or hub id "
            "of a language model that transformers knows"
        ) from error
    return model


def _encode_all(
    solutions: Sequence[LabelledSolution], folder: Path, context_length: int
) -> list[Row]:
    """The solutions that fit into the model's context."""
    marker = PathMarker(ChatTokenizer(folder), FAMILY, context_length=context_length)
    rows, reason = [], "there are none"
    for solution in solutions:
        try:
            rows.append(encode(solution, marker))
        except VerificationError as error:
            reason = str(error)
    if not rows:
        raise ConfigurationError(f"solutions: none of them can be learned from: {reason}")
    return rows


def _descend(
    model: Any,
    batches: Sequence[tuple[Tensor, Tensor]],
    options: TrainingOptions,
    device: torch.device,
    tell: Callable[[str], None],
) -> list[float]:
    """Train in place; the loss of each batch."""
    model.to(device).train()
    for module in model.modules():
        if isinstance(module, nn.Dropout):
            module.p = 0.0  # as in TRL: a verifier that hesitates at random learns less
    if options.frozen_trunk:
        model.base_model.requires_grad_(False)
    losses: list[float] = []

    def loss_of(ids: Tensor, targets: Tensor) -> Tensor:
        with torch.autocast(device.type, torch.bfloat16, enabled=options.bfloat16):
            logits = model(ids.to(device)).logits.float()
        loss = separator_loss(logits, targets.to(device))
        losses.append(loss.item())
        return loss

    optimizer = WarmUpAndFall(
        [p for p in model.parameters() if p.requires_grad], options, steps=len(batches)
    )
    descend(loss_of, iter(batches), optimizer, steps=len(batches), tell=tell)
    return losses


def fitting_aggregation(solutions: Sequence[LabelledSolution]) -> Aggregation:
    """What suits the labels, for the folder's ``config.json``, where ``LocalVerifier`` finds it.

    Cumulative labels say "still on track" to the end: ``last``. Where steps are judged by
    themselves, or only up to the first error, the chances of all steps count: ``prod``; but soft
    labels are chances of the whole path already, and the worst of them counts: ``min``.
    """
    if any(solution.shares for solution in solutions):
        return "min"
    places = [(first_error(solution.labels), solution.labels) for solution in solutions]
    after = [
        label for place, labels in places if place != NO_ERROR for label in labels[place + 1 :]
    ]
    return "last" if after and not any(after) else "prod"


def separator_loss(logits: Tensor, targets: Tensor) -> Tensor:
    """The cross-entropy where there is a target, averaged.

    ``logits`` (batch, length, 2); ``targets`` (batch, length), in [0, 1] or negative for none. The
    softmax of two logits is the sigmoid of their difference, which takes soft targets as they are.
    """
    wanted = targets >= 0
    right_over_wrong = logits[..., 1] - logits[..., 0]
    return functional.binary_cross_entropy_with_logits(right_over_wrong[wanted], targets[wanted])


class WarmUpAndFall:
    """AdamW under gradient clipping and a rate that rises, then falls linearly to zero."""

    def __init__(
        self, parameters: Sequence[nn.Parameter], options: TrainingOptions, *, steps: int
    ) -> None:
        rise = max(1, round(options.warm_up * steps))

        def factor(done: int) -> float:
            return min((done + 1) / rise, (steps - done) / max(1, steps - rise))

        self._parameters = parameters
        self._clip = options.clip
        self._optimizer = torch.optim.AdamW(parameters, lr=options.learning_rate, weight_decay=0.0)
        self._schedule = torch.optim.lr_scheduler.LambdaLR(self._optimizer, factor)

    def step(self) -> None:
        """Apply the gradients and clear them."""
        nn.utils.clip_grad_norm_(self._parameters, self._clip)
        self._optimizer.step()
        self._schedule.step()
        self._optimizer.zero_grad(set_to_none=True)
