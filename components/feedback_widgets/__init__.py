"""Streamlit components that capture feedback on an answer, and panels that show it."""

from feedback_widgets.answer_preference import AnswerPreferenceLabels, answer_preference, standing_preference
from feedback_widgets.chat_feedback import chat_feedback, chat_turn
from feedback_widgets.correction_form import DefaultCorrection, correction_form, register_form
from feedback_widgets.corrections_used import CorrectionsUsedLabels, corrections_used
from feedback_widgets.feedback_bar import feedback_bar
from feedback_widgets.forms import SaysCorrection
from feedback_widgets.german import GERMAN, GERMAN_CORRECTIONS_USED, GERMAN_REASONS
from feedback_widgets.german_correction import GermanCorrection
from feedback_widgets.ingest import ingest_route
from feedback_widgets.labels import (
    CorrectionFormLabels,
    DeliveryLabels,
    FaultLabels,
    IncumbentLabels,
    Labels,
    PassageLabels,
    Reasons,
    RewriteLabels,
    ThumbsLabels,
)
from feedback_widgets.passage_remarks import passage_remarks
from feedback_widgets.reading_consent import ReadingConsentLabels, reading_consent
from feedback_widgets.reading_signals import answer, reading_signals
from feedback_widgets.review_case import CaseLabels
from feedback_widgets.review_labels import ReviewLabels
from feedback_widgets.review_notes import ReviewNoteLabels
from feedback_widgets.review_queue import review_queue
from feedback_widgets.review_trial import ReviewTrialLabels
from feedback_widgets.rewrite_editor import rewrite_editor
from feedback_widgets.thumbs import thumbs
from feedback_widgets.word_diff import WordDiffLabels, word_diff

__all__ = [
    "GERMAN",
    "GERMAN_CORRECTIONS_USED",
    "GERMAN_REASONS",
    "AnswerPreferenceLabels",
    "CaseLabels",
    "CorrectionFormLabels",
    "CorrectionsUsedLabels",
    "DefaultCorrection",
    "DeliveryLabels",
    "FaultLabels",
    "GermanCorrection",
    "IncumbentLabels",
    "Labels",
    "PassageLabels",
    "ReadingConsentLabels",
    "Reasons",
    "ReviewLabels",
    "ReviewNoteLabels",
    "ReviewTrialLabels",
    "RewriteLabels",
    "SaysCorrection",
    "ThumbsLabels",
    "WordDiffLabels",
    "answer",
    "answer_preference",
    "chat_feedback",
    "chat_turn",
    "correction_form",
    "corrections_used",
    "feedback_bar",
    "ingest_route",
    "passage_remarks",
    "reading_consent",
    "reading_signals",
    "register_form",
    "review_queue",
    "rewrite_editor",
    "standing_preference",
    "thumbs",
    "word_diff",
]
