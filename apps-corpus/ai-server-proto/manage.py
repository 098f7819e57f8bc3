#!/usr/bin/env python
"""manage.py runserver [port] | manage.py check IMAGE"""
import sys
from http.server import HTTPServer

from ai_server_proto.i_eye_proto.image_analyses.i_eye_image_analyses import recognize_human_eye
from ai_server_proto.i_eye_proto.views import AnalysesView


def main(arguments):
    command = arguments[0] if arguments else None
    if command == 'runserver':
        port = int(arguments[1]) if len(arguments) > 1 else 8000
        HTTPServer(('127.0.0.1', port), AnalysesView).serve_forever()
    elif command == 'check' and len(arguments) == 2:
        print(recognize_human_eye(arguments[1]).message)
    else:
        sys.exit(__doc__)


if __name__ == '__main__':
    main(sys.argv[1:])
