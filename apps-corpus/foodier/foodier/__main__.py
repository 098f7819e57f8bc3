"""python -m foodier photo.jpg [photo.jpg ...]"""
import sys

from .review import review

VERDICTS = {
    (): 'rejected: we cannot find any food here',
    ('food',): 'posted',
    ('distraction',): 'rejected: this is not about food',
    ('food', 'distraction'): 'held back: a moderator has a look first',
}

if len(sys.argv) == 1:
    sys.exit(__doc__)
for photo in sys.argv[1:]:
    print('%s: %s' % (photo, VERDICTS[tuple(review(photo))]))
