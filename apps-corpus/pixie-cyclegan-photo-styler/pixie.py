"""python pixie.py CHECKPOINTS photo.jpg [photo.jpg ...]

Prints the command that styles each photo, ready to be piped to sh on the GPU machine.
"""
import os
import shlex
import sys

import category


def command_for(checkpoints, photo):
    folder = category.categoryRecognition(photo)
    if folder == 'style_not_imported':
        return '# no style for %s yet' % photo
    return 'python test.py --model test --no_dropout --dataroot %s --name %s --checkpoints_dir %s' % (
        shlex.quote(os.path.dirname(photo) or '.'), folder, shlex.quote(checkpoints))


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    for photo in sys.argv[2:]:
        print(command_for(sys.argv[1], photo))
    for photo, kind in sorted(category.recognized.items()):
        sys.stderr.write('%s: %s\n' % (photo, kind))


if __name__ == '__main__':
    main()
