"""Streamlit components that capture feedback on an answer, and panels that show it."""
