"""Records, stores and recall of feedback on LLM answers. Importing this package needs pydantic alone."""

