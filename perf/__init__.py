"""The perf harness: ratios against peers and baselines that are measured in the same run."""
