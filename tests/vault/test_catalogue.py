"""Every formula of the catalogue, held against a number that did not come from it.

Each case is a text that states inputs and a claim ({} is the claim), and the value worked out by other means: a
published figure, or plain Python over the text's own numbers. The right claim agrees; another is disputed.
"""

import math
import statistics

import pytest
from tests.conftest import ROOT

from examiner.domain.arithmetic import names_in
from examiner.domain.units import parse_unit
from examiner.vault.catalogue import check_claims, read_catalogue

KIB, MIB, GIB = 2**10, 2**20, 2**30
CHINCHILLA_LOSS = 1.69 + 406.4 * math.exp(-0.34 * math.log(24.5e9)) + 410.7 * math.exp(-0.28 * math.log(2.14e12))
FIVE = sum(math.comb(5, right) * 0.6**right * 0.4 ** (5 - right) for right in (3, 4, 5))
COSTS = (5000 * 3.5 * 730, 7072 * 3.5 * 730)

CASES = [
    # --- cache and memory
    ("kv-cache-bytes", "Llama-3 70B KV cache of 80 layers, 8 KV heads, 128 d_k, 4096 seq: 2 bytes = {} GB", 1.342),
    ("kv-per-layer-given", "KV cache: 2 KB per layer, 61 layers, 2,000,000 tokens. Total KV cache requires ~{} GiB", 2 * 61 * 2e6 / MIB),
    ("kv-users", "max users of the KV cache: 80 GB HBM. Weights: 14B = 14 GB. 40 layers, 40 KV heads, 128 head_dim, 4096 tokens = {} users", 19),
    ("no-cache-work", "without a cache a 2048-token generation repeats each projection, that is ~{} vs 2048", sum(range(1, 2049))),
    ("gqa-factor", "MQA with 32 heads. Memory saving = {}×", 32),
    ("kv-per-layer", "KV of a layer: 32 heads, 4096 tokens, head_dim 128: {} MiB per layer", 64),
    ("kv-concurrency", "KV cache for sequences: 8 GiB / 256 MiB = {}", 8 * GIB // (256 * MIB)),
    ("gqa-ratio", "The KV cache shrinks: 64 heads over 8 KV heads makes it {}x smaller", 8),
    ("kv-bits", "A KV cache from 16-bit to 4-bit shrinks by a factor of {}", 4),
    ("prompted-no-cache", "prompt of 100 and 2000 new tokens without a cache are {} token positions", sum(range(100, 2100))),
    ("contiguous-waste", "It reserves 2048 tokens for a request that only uses 100 tokens and wastes {}% of the cache", 95.117),
    ("score-matrix-one-head", "Flash attention, sequence: 131072² × 2 bytes = {} GiB", 32),
    ("score-matrix", "attention matrix with N=8192, batch=32, 32 heads ≈ {} GB per layer", 32 * 32 * 8192**2 * 2 / 1e9),
    ("embedding-params", "The embedding: 50,257 × 12,288 ≈ {} params", 617.558016e6),
    ("embedding-share", "Embedding = 38.6M / 124M ≈ {}%", 31.13),
    ("linear-params", "A linear layer from 512 to 2048 with bias has {} parameters", 1_050_624),
    ("linear-flops", "In operations, a linear layer from 512 to 2048 takes {} FLOPs a sample", 2_097_152),
    ("ffn-share", "FFN accounts for {}% of the parameters", 66.67),
    ("swiglu-width", "SwiGLU in Llama uses {} for d=4096", 11008),
    ("adam-states", "70B parameters: the Adam states need {} GB", 560),
    ("lora-params", "LoRA with rank 8 on 4 matrices of width 4096 in 32 layers: {} trainable parameters", 8_388_608),
    ("qlora-base", "QLoRA: a 70B base in 4-bit takes {} GB", 35),
    ("moe-active", "An expert model that uses 12.9B of 46.7B parameters, that is {} %", 27.62),
    ("moe-layers", "DeepSeek-V3 has {} MoE layers", 58),
    ("expert-capacity", "capacity factor 1.25, 1024 tokens, top-2 of 8 experts: {} tokens per expert", 320),
    ("balance-loss", "balancing with a uniform router, alpha = 0.01, 8 experts: the loss is {}", 0.01),
    ("image-patches", "a 224x224 image with 16x16 patches: {} tokens", 196),
    ("latent-ratio", "In a latent of 64x64x4 numbers there is a {}x reduction", 48),
    ("clip-negatives", "CLIP with a batch of 32 has {} negatives", 32 * 31),
    ("full-finetune-memory", "full FT: a 70B full fine-tuning requires ~{} GB", 1120),
    ("training-memory-sum", "activations and Adam: 8GB (params) + 8-16GB (activations) + 16GB (Adam states) = {}-48", 8 + 8 + 16 + 8),
    ("weights-bytes", "70B params FP16 = {} GB", 140),
    ("moe-routed-bytes", "524,288 tokens * 2 experts * 8192 bytes ≈ {} GB", 8.589934592),
    # --- speed
    ("decode-floor", "weights decide p99. 70B in FP16 = 140 GB weights. Minimum 2× A100. p99 < {} ms with ~50 output tokens is feasible", 50 * 140 / (2 * 2.039)),
    ("ridge-point", "H100: ~989 TFLOP/s and 3.35 TB/s, ridge ≈ {} FLOP/byte", 295.2),
    ("square-matmul-intensity", "matrix intensity for N=4096 is ~{}", 4096 / 3),
    ("microcontroller-ridge", "168 MFLOPS / 672 MB/s = {} FLOPS", 0.25),
    ("speedup-fraction", "speedup: 70% of time in it × 2x = {}x overall", 1 / (0.3 + 0.35)),
    ("ring-all-reduce", "AllReduce: 1GB/(50 GB/s) + 2 us × log2(1024) = ~{}ms", 39.96),
    ("power-cap-clock", "throttled, power from 400 W to 350 W: 1410 MHz → 1200 MHz; +{}% vs current", 12.38),
    ("prefill-scaling", "one 8,000-token prefill at ~200 ms per 1K runs for roughly 1000–{} ms", 8 * 200),
    ("knn-scan", "exact k-NN over 10M items, 768-dim, takes roughly {} ms on a modern CPU", 30.72 / 200 * 1000),
    ("hnsw-memory", "HNSW: 10M items × (768 dims × 4 bytes + 100 bytes overhead) = ~{} GB", 31.72),
    ("hnsw-core-count", "CPU cores: At 10,000 QPS and roughly 10 ms each you need ~{} CPU cores", 100),
    ("stream-time", "2000 tokens at 50 tokens/s is {} s", 40),
    ("link-time", "= 17.2 GB / 900 GB/s ≈ {} ms", 19.11),
    ("replicas", "~1000 tok/s throughput per replica: 1000 QPS × ~50 tokens/request = 50,000 tok/s → need ~{} replicas", 50),
    ("littles-law", "Little: 1000 requests/s × 0.05 s = {}", 50),
    ("single-stream-rate", "One stream, batch of one, 140 GB of weights on 2x A100 at 2.0 TB/s: at most {} tokens/s", 2 * 2000 / 140),
    ("prefill-floor", "70B parameters, 1000-token prompt, 8 GPUs of 312 TFLOP/s at MFU 0.5: first token in {} ms", 112.18),
    ("elementwise-intensity", "ReLU has 1 operation per element, 2 bytes per value: intensity of {} FLOP/byte", 0.25),
    ("roofline", "roofline: peak 312 TFLOP/s, 2 TB/s, 1 FLOP/byte; attainable are {} TFLOP/s", 2),
    ("bandwidth-gain", "Memory-bound work going from 2.0 to 3.35 TB/s gains {}x", 1.675),
    ("attention-flops", "attention FLOPs with n = 4096, d = 4096: {} FLOPs per layer", 4 * 4096**3),
    ("comm-tax", "Communication: 50 ms compute and 10 ms communication, that is {} % of the step", 16.667),
    ("pipeline-bubble", "16 stages and 64 micro-batches: a bubble of {} %", 100 * 15 / 79),
    ("effective-batch", "accumulating: 4 per GPU, 8 GPUs, 16 accumulation steps: the effective batch size is {}", 512),
    ("speculative-tokens", "speculation with acceptance 0.8 and 5 drafted tokens: {} tokens per step", sum(0.8**n for n in range(6))),
    ("accept-probability", "speculative: target probability 0.3, draft probability 0.6, accepted with probability {}", 0.5),
    ("parallel-calls", "calls of 120 ms and 300 ms in parallel take {} ms", 300),
    ("offload-crossover", "NPU dispatch overhead: (100 + 20 + 5) us / 50 us = {}x", 2.5),
    # --- training and scaling
    ("optimal-tokens", "A 70B model needs ~{} tokens", 1.4e12),
    ("equal-compute", "At the same compute, a 70B model trained on 1.4T tokens beats a 175B model trained on 300B tokens", 1.8667),
    ("equal-compute-named", "(70B, 1.4T tokens) beat (280B, 600B tokens) using the same compute", 98 / 168),
    ("world-size", "gives 8*16*8={} GPUs", 1024),
    ("layers-per-stage", "across 16 stages — splits 96 transformer layers into groups of {}", 6),
    ("uniform-variance", "Uniform(-1/√fan_in, 1/√fan_in) keeps the variance: σ² = {}/fan_in", 1 / 3),
    ("vocab-growth", "doubled vocab from Llama-2's 32K to 128K", 4),
    ("checkpoint-cadence", "checkpoint cadence: every 500 steps on average; a 100-step cadence halves expected re-computation", 5),
    ("training-compute", "FLOPs: C = 6 * 175e9 * 300e9 = {} FLOPs", 3.15e23),
    ("budget-of-chinchilla", "{} FLOPs (roughly Chinchilla's budget)", 5.88e23),
    ("optimal-params", "Compute-optimal: with 1e24 FLOPs the optimum is {} parameters", 91.287e9),
    ("overtraining", "Chinchilla: 8B parameters with 15T tokens, {}x the optimal number", 15e12 / 160e9),
    ("training-days", "3.15e23 FLOPs in total on 1000 GPUs of 312 TFLOP/s at MFU 0.4: {} days", 3.15e23 / (1000 * 312e12 * 0.4) / 86400),
    ("chinchilla-loss", "scaling: 24.5B parameters and 2.14T tokens have a loss of {}", CHINCHILLA_LOSS),
    ("he-std", "He initialisation, fan-in 512: standard deviation of {}", 0.0625),
    ("relu-std", 'Kaiming and relu: h.std():.4f}") # should be ~{}', math.sqrt(1 - 0.5641896**2)),
    ("dot-product-std", "The dot product with d_k = 128 has a standard deviation of {}", 11.3137),
    ("vanishing-gradient", "A gradient shrinks by 0.25^10 = {}", 9.5367e-7),
    ("chain-rule", "The gradient of L = (ab + c)^2 at a = 2, b = 3, c = 10: dL/da = {}", 2 * 16 * 3),
    ("adam-correction", "Adam's bias correction with beta = 0.9 at t = 1 is a factor of {}", 10),
    ("perplexity-bits", "perplexity of 10 means {} bits", 3.3219),
    ("bits-per-character", "perplexity of 10 at 4 characters per token: {} bits per character", 0.8305),
    ("quant-scale", "INT8: range -1.5 to 3.6, so a scale of {}", 0.02),
    ("quant-zero-point", "INT8: range -1.5 to 3.6, so a zero point of {}", 75),
    # --- evaluation
    ("wald-half-width", "A confidence interval: 80% expected pass rate; A 200-example set gives ±{} points", 5.54),
    ("best-of-n", "best-of-64 gains {} sigma", 2.884),
    ("majority-of-five", "each right with 0.6, a majority of five: {}", FIVE),
    ("chain-of-steps", "10 steps, each right with probability 0.9: all right with {}", 0.34868),
    ("pass-at-k", "n = 10 samples, c = 3, k = 5: pass@5 is {}", 1 - 21 / 252),
    ("trajectory-score", "steps=12, optimal_steps=5, correct_tool_calls=8, total_tool_calls=10 => trajectory_score={}", 0.785),
    ("long-success", "An agent with the right answer in 47 steps is worse than one that fails in 3", (0.5 + 0.3 / 47) / 0.5),
    ("cohen-kappa", "observed agreement 0.8, chance agreement 0.5: kappa is {}", 0.6),
    ("wilson-low", "160 of 200: the Wilson interval is {} % to 85.0 %", 73.9),
    ("golden-set", "pass rate: 4 cohorts at p = 0.80, ± 0.02 each, need {} examples", 4 * 1537),
    ("gate-noise", "A gate on a pass rate of 0.9 with 200 examples has a standard error of {} points", 3.0),
    ("human-review-cost", "Human labels: 500 examples at $5 each cost ${}", 2500),
    ("innovation-sigma", "Sensor: 49.5 m / 3 m = {} sigma", 16.5),
    ("cell-capacity", "3 platforms × 2 models × 2 failure modes × 2 scales = {}", 24),
    # --- money
    ("output-cost-ratio", "output: 500 output tokens per turn against the verbose (2,500 tokens). Over 50 turns ${} vs $9.375", 1.875),
    ("repeated-prefix", "$2.50 per 1M; the same 900K-token prefix five times uncached, you pay about ${}", 11.25),
    ("cluster-hour", "16,384 H100s at $3.50/GPU-hour: it costs ~${}/hour", 57344),
    ("goodput-hours", "The goodput: between 70% and 90% goodput on a 90-day run is roughly {} wasted hours", 90 * 24 * 0.2),
    ("slo-fleet-cost", "baseline monthly burn = 5,000 × $3.50 × 730 = ${}", COSTS[0]),
    ("bad-day", "1000 QPS × 86,400 s × 256 tok × $3/1M = ${}/day", 66355.2),
    ("api-long-context", "100K uncached × $2.50/M + 900K cached × $0.25/M = $0.25 + $0.225 = ${} per turn", 0.475),
    ("lake-tiering", "150 PB × $0.023 + 350 PB × $0.00099 ≈ ${}/month", 3_796_500),
    ("fleet-upload", "1M × 10 MB = 10 TB/day × $2/GB = ${}/day", 20000),
    ("incident-cost", "20,000 QPS × 512 tokens × $5/M × 1800 s = ${}", 92160),
    ("call-cost", "1000 input tokens at $3/M and 500 output tokens at $15/M cost ${}", 0.0105),
    ("cached-request", 'the cost of cached and uncached tokens: cached * 0.3 / 1e6 + uncached * 3.0 / 1e6; "cost_per_request_cached": cost_cached, # ${}', 0.5568),
    ("cache-saving", "50 API calls with a 10K token system prompt ($1.50/M vs $15/M): caching saves ~${}", 6.5775),
    ("turns-left", "A budget of $10, spent $4, $0.25 a turn: {} turns left", 24),
    ("history-budget", "200,000 window less 64,000 reserved leaves {} tokens for history", 136_000),
    ("context-cost", "500K tokens at $0.30/M cost ${}", 0.15),
    ("context-cost-thousands", "8K tokens × $0.003/1K = ${}", 0.024),
    ("retrieval-ratio", "RAG: 500,000 tokens of context or 10,000 retrieved tokens, {}x cheaper", 50),
    # --- operations
    ("downtime-budget", "a 99.9% availability SLO allows only ~{} minutes", 43.2),
    ("queue-factor", "M/M/1. At ρ = 0.8: factor = 0.8 / 0.2 = {}", 4),
    ("queue-percentiles", "In M/M/1 p99 latency is {}× p50", 6.6439),
    ("miss-ratio", "The hit rate falls from 55% to 20%. Ratio = 0.80 / 0.45 ≈ {}×", 1.7778),
    ("battery-drain", "battery: 4000 mAh × 3.7 V. Drain at 3W: {}% per hour", 20.27),
    ("tier-saving", "Raw: 500,000 tokens. Tiered: 8,000 tokens. Compression ratio: {}×", 62.5),
    ("cluster-power", "10,000 GPUs × 400W = {}MW", 4),
    ("clock-loss", "1410 MHz → 1200 MHz = {}%", 14.894),
    ("prefix-tokens", "~5,000 cacheable tokens, 50+ API calls, ~90% cache hit: saves re-computing ~{} tokens", 225_000),
    ("prefilter-saving", "At a 2% adversarial traffic rate and 50 QPS, it saves 1 QPS × 50 steps × ~2.4 GPU-s/step = ~{} GPU-s", 120),
    ("compaction-trigger", "compact with a 13,000-token buffer in a 200,000-token window: auto-compact at ~{}%", 93.5),
    ("pixel-ratio", "1080p to 480p is {}× (resolution)", 2_073_600 / 409_920),
    ("false-positive-load", "refusals. Per hour: 50 × 3,600 = {}", 180_000),
    ("schema-overhead", "20 tools at 300 tokens each, that's {} tokens", 6000),
    ("burn-rate", "50 errors in 10,000 requests at a 0.999 SLO burn = {}", 5),
    ("burn-page", "burn rate: {}x — page immediately", 6),
    ("budget-gone", "at a burn rate of 14.4 a 30-day budget lasts {} days", 2.0833),
    ("prefix-share", "a 4,000 shared prefix and 2,000 user suffix: {} % is shared", 66.667),
    ("vector-bytes", "embedding: 10M vectors × 768 dims × 4 bytes = {} GB", 30.72),
    ("failure-interval", "466 interruptions in 54 days, one every {} hours", 2.781),
    ("checkpoint-interval", "A checkpoint takes 3 min and a node fails every 6 h: checkpoint every {} min", 46.476),
    ("filter-waste", "50 QPS with 4 images per generation, a 1% false-positive rate, 5 GPU-seconds per image (~{} GPU-hours)", 240),
    ("checkpointed-retry", "a checkpoint every 10 steps; a failure at step 48 then saves {} %", 83.33),
    ("flash-share", "The SRAM: 9.6 KB of 204.8 KB is {} %", 4.6875),
    ("request-rate", "20,000 customers × 50 requests a day / 86,400 = {}", 11.574),
]  # fmt: skip
# No number can be right here: a count of agents is no rate.
NO_VALUE = {"agent-gateway"}


@pytest.fixture(scope="module")
def catalogue():
    return read_catalogue(ROOT)


def findings(catalogue, vault, entry, text):
    return [f for f in check_claims(catalogue, [("here", text)], vault.tables["models"]) if f.entry == entry]


@pytest.mark.parametrize(("entry", "text", "value"), CASES, ids=[c[0] for c in CASES])
def test_a_formula_gives_the_number_that_others_give(catalogue, vault, entry, text, value):
    claimed = "{}" in text
    plain = f"{value:.0f}" if float(value).is_integer() and value < 1e15 else f"{value:.10g}".replace("e+", "e")
    if "e-" in plain:
        plain = f"{value:.12f}"
    said = findings(catalogue, vault, entry, text.replace("{}", plain))
    assert len(said) == 1, "one claim is found"
    assert said[0].computed == pytest.approx(value, rel=2e-3)
    assert said[0].agrees == claimed, said[0].reason
    if claimed:
        wrong = findings(catalogue, vault, entry, text.replace("{}", f"{value / 3:.6f}" if value < 1e15 else "7e20"))
        assert [f.agrees for f in wrong] == [entry in AT_MOST]


# A claim below what physics allows as the most is no mistake.
AT_MOST = {"single-stream-rate"}


def test_every_formula_has_a_case_a_source_and_a_place_where_it_holds(catalogue):
    entries = {e.id: e for e in catalogue.entries}
    assert len(entries) == len(catalogue.entries) >= 126
    assert set(entries) - NO_VALUE == {c[0] for c in CASES}
    for entry in entries.values():
        assert entry.source and entry.holds and parse_unit(entry.unit)
        for spec in entry.inputs.values():
            parse_unit(spec.unit)


def test_every_input_is_used(catalogue):
    for entry in catalogue.entries:
        formulas = [entry.formula, *(c.formula for c in entry.claims if c.formula)]
        rules = [rule for claim in entry.claims for rule in claim.set.values()]
        used = set().union(*(names_in(f) for f in (*formulas, *rules, *(m.formula for m in entry.mistakes))))
        assert set(entry.inputs) - used - FOR_THE_PATTERN == set(), entry.id


# Named in the claim's pattern so that the sentence is recognised; the formula does not need it.
FOR_THE_PATTERN = {"wrong_steps", "before", "after", "low", "high"}


def test_a_number_that_cannot_be_the_input_gets_no_verdict(catalogue, vault):
    text = "observed agreement 0.8, chance agreement {}: kappa is 0.6"
    assert len(findings(catalogue, vault, "cohen-kappa", text.replace("{}", "0.5"))) == 1
    assert findings(catalogue, vault, "cohen-kappa", text.replace("{}", "50")) == []


def test_a_number_is_read_whole(catalogue, vault):
    # The words before a claim may be anything, and must not take its first digits.
    [finding] = findings(catalogue, vault, "stream-time", "2000 tokens at 50 tokens/s, which is 1,240.5 s")
    assert finding.claimed == 1240.5


def test_a_known_wrong_turn_is_named(catalogue, vault):
    for entry, text, means in (
        ("pass-at-k", "n = 10 samples, c = 3, k = 5: pass@5 is 0.832", "with replacement"),
        ("speculative-tokens", "speculation with acceptance 0.8 and 5 drafted tokens: 4 tokens per step", "rejection"),
        ("wilson-low", "160 of 200: the Wilson interval is 74.5 % to 85.5 %", "Wald"),
        ("golden-set", "pass rate: 4 cohorts at p = 0.80, ± 0.02 each, need 6147 examples", "rounds up once"),
        ("pipeline-bubble", "16 stages and 64 micro-batches: a bubble of 23.4 %", "useful time"),
    ):
        [finding] = findings(catalogue, vault, entry, text)
        assert not finding.agrees and means in finding.reason


def test_kappa_and_the_sample_deviation_of_relu_by_simulation():
    # The two closed forms whose derivation is least plain, by brute force.
    import random

    rng = random.Random(5)
    rectified = [max(0.0, rng.gauss(0, math.sqrt(2))) for _ in range(40_000)]
    assert statistics.pstdev(rectified) == pytest.approx(math.sqrt(1 - 1 / math.pi), abs=0.01)
    best = statistics.fmean(max(rng.gauss(0, 1) for _ in range(64)) for _ in range(2000))
    assert best < math.sqrt(2 * math.log(64)) < best * 1.3, "the leading term is above the exact value"
