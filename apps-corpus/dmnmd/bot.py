"""DM'n'MD: tell it how you feel, it keeps the notes for your doctor.

Talks on standard input; the messenger webhook calls `on_message` the same way.
"""
import sqlite3
import sys

from helper.over_twenty import over_twenty
from helper.under_twenty import under_twenty


def on_message(db, patient, message):
    helper = over_twenty if len(message.split()) > 20 else under_twenty
    noted = helper(message, [])
    with db:
        db.executemany("INSERT INTO symptoms VALUES (?, ?)", [(patient, note) for note in noted])
    return "Noted. Anything else?" if noted else "I see. How are you feeling otherwise?"


def main():
    db = sqlite3.connect("patients.db")
    db.execute("CREATE TABLE IF NOT EXISTS symptoms (patient TEXT, note TEXT)")
    for line in sys.stdin:
        print(on_message(db, "me", line.strip()))


if __name__ == "__main__":
    main()
