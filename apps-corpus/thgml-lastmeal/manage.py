"""지난밥 (last meal): python manage.py lunch.jpg"""
import sys

from lastmeal.views import upload

if __name__ == '__main__':
    for dish in upload(sys.argv[1]):
        print(dish['date'], dish['dish'], dish['file'])
