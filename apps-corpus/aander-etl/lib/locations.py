"""The store for the places along the river: one row per photographed location."""
import sqlite3

SCHEMA = """
CREATE TABLE IF NOT EXISTS location (
    image    TEXT PRIMARY KEY,
    lat      REAL,
    lon      REAL,
    category TEXT
)
"""


def open_store(filename):
    db = sqlite3.connect(filename)
    db.execute(SCHEMA)
    return db


def save(db, location):
    db.execute('INSERT OR REPLACE INTO location VALUES (:image, :lat, :lon, :category)', location)
    db.commit()
