import shutil
import subprocess


def crop_to_file(source, corners, target):
    """Uses ImageMagick where it is installed; without it the whole photo has to do."""
    xs = [x for x, _ in corners] or [0, 1]
    ys = [y for _, y in corners] or [0, 1]
    if shutil.which('identify') and shutil.which('convert'):
        size = subprocess.run(['identify', '-format', '%w %h', source], capture_output=True, text=True)
        if size.returncode == 0:
            width, height = (int(n) for n in size.stdout.split()[:2])
            geometry = '%dx%d+%d+%d' % ((max(xs) - min(xs)) * width, (max(ys) - min(ys)) * height,
                                        min(xs) * width, min(ys) * height)
            if subprocess.run(['convert', source, '-crop', geometry, target]).returncode == 0:
                return
    shutil.copyfile(source, target)
