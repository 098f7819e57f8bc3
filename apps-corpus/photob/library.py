"""What is known of each photo, so that no photo is paid for twice."""
import sqlite3

SCHEMA = """
CREATE TABLE IF NOT EXISTS label (
    photo TEXT NOT NULL,
    description TEXT NOT NULL,
    score REAL NOT NULL,
    PRIMARY KEY (photo, description)
)
"""


class Library:
    def __init__(self, path="photob.sqlite3"):
        self.db = sqlite3.connect(path)
        self.db.execute(SCHEMA)

    def remember(self, photo, labels):
        with self.db:
            self.db.execute("DELETE FROM label WHERE photo = ?", (photo,))
            self.db.executemany(
                "INSERT OR IGNORE INTO label VALUES (?, ?, ?)",
                [(photo, description, score) for description, score in labels],
            )

    def knows(self, photo):
        query = "SELECT EXISTS (SELECT 1 FROM label WHERE photo = ?)"
        return bool(self.db.execute(query, (photo,)).fetchone()[0])

    def labels(self, photo):
        rows = self.db.execute("SELECT description FROM label WHERE photo = ?", (photo,))
        return {description for (description,) in rows}
