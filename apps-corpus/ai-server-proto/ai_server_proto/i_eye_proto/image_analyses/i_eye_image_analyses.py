import json
import logging
import os

from .i_eye_google_vision import get_google_vision_response

logger = logging.getLogger(__name__)

CONDITION_FILE = os.path.join(os.path.dirname(__file__), 'human_eye.json')

MIN_LABEL_SCORE = 0.9
VERY_LIKELY = 5


class AnalysisResult:
    """What the view turns into JSON."""

    def __init__(self, accepted, message):
        self.accepted = accepted
        self.message = message

    def as_dict(self):
        return {'accepted': self.accepted, 'message': self.message}


def load_condition():
    with open(CONDITION_FILE, encoding='utf-8') as condition_file:
        return json.load(condition_file)


def is_harmful(safe_search):
    return safe_search.racy == VERY_LIKELY or safe_search.adult == VERY_LIKELY


def recognize_human_eye(image_path):
    """Accepts an image for the iris pipeline only if it looks like a human eye."""
    response = get_google_vision_response(image_path)
    if is_harmful(response.safe_search_annotation):
        return AnalysisResult(False, 'harmful image')

    condition = load_condition()
    evidence = 0
    for label in response.label_annotations:
        # labels come best first, so nothing after this one is sure enough
        if label.score < MIN_LABEL_SCORE:
            break
        description = label.description.lower()
        initial = description[:1]

        for refusal in condition['refusal'].get(initial, []):
            if description is refusal:
                return AnalysisResult(False, 'not an eye: %s' % description)

        if description in condition['required'].get(initial, []):
            logger.debug('evidence: %s (%.2f)', description, label.score)
            evidence += 1

    if evidence >= condition['score']:
        return AnalysisResult(True, 'human eye')
    return AnalysisResult(False, 'not recognized as a human eye')
