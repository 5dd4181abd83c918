"""The weights of the gate, written by `python -m benchmarks.fit_gate --write`: do not edit.

Fitted on 2026-11-23 with cosines of all-MiniLM-L6-v2 (int8) on the project's own pairs,
zsRE as prepared for MEND (MIT), CounterFact (MIT), BANKING77 and NLU++ samples (CC BY 4.0) and a set of
help-desk questions. The figures are two-fold by record: the share of questions that get the right correction
(CI) or a wrong one (FIR).
"""

from typing import Final

# own: CI in scope 0.743, FIR left out 0.007, FIR sibling 0.110, CI verbatim 1.000
# help desk: CI in scope 0.510, FIR left out 0.094, FIR unrelated 0.000, FIR sibling 0.000, CI verbatim 1.000
# banking77: CI in scope 0.389, FIR left out 0.239, FIR sibling 0.441, FIR unrelated 0.000, CI verbatim 1.000
# zsre: CI in scope 0.988, FIR left out 0.010, FIR unrelated 0.002, CI verbatim 1.000
# counterfact: CI in scope 0.882, FIR left out 0.021, FIR sibling 0.018, CI verbatim 1.000
WITH_EMBEDDINGS: Final = {
    "asked_covered": -0.5028,
    "stored_covered": -2.0977,
    "frame": -2.9722,
    "same_words": 1.6066,
    "only_more_asked": 1.0885,
    "names_agree": 1.0046,
    "names_clash": -1.9564,
    "name_absent": -0.6180,
    "replaced": -0.2556,
    "replaced_in_frame": -12.4868,
    "replaced_but_named": -0.9785,
    "asks_nothing_known": -0.1365,
    "asks_another_thing": -1.9003,
    "left_over": -0.8669,
    "similarity": 9.8267,
    "similarity_high": 2.5493,
    "margin": 3.6087,
    "nearest": 1.3785,
}
WITH_EMBEDDINGS_INTERCEPT: Final = -3.7929
WITH_EMBEDDINGS_THRESHOLD: Final = 0.8581

# own: CI in scope 0.221, FIR left out 0.007, FIR sibling 0.125, CI verbatim 1.000
# help desk: CI in scope 0.073, FIR left out 0.042, FIR unrelated 0.000, FIR sibling 0.000, CI verbatim 1.000
# banking77: CI in scope 0.272, FIR left out 0.228, FIR sibling 0.235, FIR unrelated 0.000, CI verbatim 1.000
# zsre: CI in scope 0.992, FIR left out 0.008, FIR unrelated 0.004, CI verbatim 1.000
# counterfact: CI in scope 0.870, FIR left out 0.030, FIR sibling 0.052, CI verbatim 1.000
WORDS_ALONE: Final = {
    "asked_covered": 3.6700,
    "stored_covered": 0.9911,
    "frame": -1.0494,
    "same_words": 3.5375,
    "only_more_asked": 1.7714,
    "names_agree": 2.3458,
    "names_clash": -1.8004,
    "name_absent": -1.1704,
    "replaced": 1.4934,
    "replaced_in_frame": -12.9053,
    "replaced_but_named": 0.6139,
    "asks_nothing_known": -0.5567,
    "asks_another_thing": -2.9368,
    "left_over": -0.8192,
}
WORDS_ALONE_INTERCEPT: Final = -1.5475
WORDS_ALONE_THRESHOLD: Final = 0.8641
