"""What the simulated machines take: two rooflines, and where their numbers come from.

**H100**, a Llama-3.2-1B that generates and a Qwen2.5-Math-PRM-7B that judges, in bfloat16, each on
an H100 SXM of its own. From the data sheet: 3.35 TB/s and 989 dense Tflop/s. From the models'
configurations: 1.24e9 and 7.6e9 parameters; keys and values of 16 layers x 8 heads x 64 and of 28
layers x 4 heads x 128. Assumed shares of the peaks, within published measurements: weights at 80 %
of the bandwidth, keys and values at 50 %, matrix products at 50 % of the flops. Assumed work of the
host per decoding step: 1 ms, and 12.7 us per sequence (a published profile of vLLM's step loop).
The same arithmetic gives Llama-3.1-8B 10,700 tokens/s at 256 sequences of 700 tokens; published
for vLLM on one H100: about 12,500.

**slow_verifier**, the same with 150 ms per call of the verifier, as for a judge or a reward model
across a network: an assumption, to see what hides latency.

**cpu**, the embedded models on two cores: vLLM 0.32 and ``LocalVerifier``, fitted by
``python -m benchmarks.cpu_costs`` on 2026-11-22. Its straight lines do not tell weights, keys and
host apart.
"""

from dataclasses import dataclass, replace

BANDWIDTH, FLOPS = 3.35e12, 989e12
WEIGHTS_SHARE, KEYS_SHARE, FLOPS_SHARE = 0.8, 0.5, 0.5
BYTES = 2  # of a number in bfloat16
SLOW = 0.15


@dataclass(frozen=True, slots=True, kw_only=True)
class GeneratorCosts:
    """Seconds of a server with continuous batching; capacities in sequences and tokens.

    One decoding step of ``b`` sequences that have ``context`` tokens together takes ``host_step +
    b * host_sequence + max(weights, b * compute) + context * keys``, and ``prefill`` for each
    token that was not in the prefix cache of whole ``block``s.
    """

    max_num_seqs: int
    host_step: float
    host_sequence: float
    weights: float
    compute: float
    keys: float
    prefill: float
    cache_tokens: int
    block: int = 16

    def step(self, sequences: int, context: float) -> float:
        """One token for every sequence."""
        forward = max(self.weights, sequences * self.compute)
        return self.host_step + sequences * self.host_sequence + forward + context * self.keys


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifierCosts:
    """Seconds of a reward model that takes one micro-batch at a time.

    A batch takes ``fixed + max(weights, tokens * compute)`` for the tokens that it computes.
    """

    max_batch_tokens: int
    fixed: float
    weights: float
    compute: float
    cache_tokens: int

    def batch(self, tokens: int) -> float:
        """One micro-batch."""
        return self.fixed + max(self.weights, tokens * self.compute)


@dataclass(frozen=True, slots=True)
class Costs:
    """A generator and a verifier on machines of their own."""

    generator: GeneratorCosts
    verifier: VerifierCosts


def _h100() -> Costs:
    small, judge = 1.24e9, 7.6e9  # parameters
    token_keys = 16 * 8 * 64 * 2 * BYTES
    judge_keys = 28 * 4 * 128 * 2 * BYTES
    memory = 66e9  # of 80 GB, after weights and activations; for the judge 50e9
    generator = GeneratorCosts(
        max_num_seqs=256,
        host_step=1e-3,
        host_sequence=12.7e-6,
        weights=small * BYTES / (BANDWIDTH * WEIGHTS_SHARE),
        compute=2 * small / (FLOPS * FLOPS_SHARE),
        keys=token_keys / (BANDWIDTH * KEYS_SHARE),
        prefill=2 * small / (FLOPS * FLOPS_SHARE),
        cache_tokens=int(memory / token_keys),
    )
    verifier = VerifierCosts(
        max_batch_tokens=4096,
        fixed=5e-3,
        weights=judge * BYTES / (BANDWIDTH * WEIGHTS_SHARE),
        compute=2 * judge / (FLOPS * FLOPS_SHARE),
        cache_tokens=int(50e9 / judge_keys),
    )
    return Costs(generator, verifier)


H100 = _h100()
COSTS = {
    "h100": H100,
    "slow_verifier": replace(H100, verifier=replace(H100.verifier, fixed=SLOW)),
    "cpu": Costs(
        GeneratorCosts(
            max_num_seqs=64,
            host_step=1.82e-3,
            host_sequence=33.3e-6,
            weights=0.0,
            compute=0.0,
            keys=0.0,
            prefill=16.4e-6,
            cache_tokens=2**27 // (3 * 1 * 32 * 2 * 4),  # of the server that the tests start
            block=32,
        ),
        VerifierCosts(
            max_batch_tokens=2048,
            fixed=2.77e-3,
            weights=0.0,
            compute=36.5e-6,
            cache_tokens=32_768,
        ),
    ),
}
