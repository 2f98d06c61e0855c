"""Halls, windows, matters, staff and plans from files, and into files.

A file is read (`files.py`), each cell by its kind (`cells.py`), each row by a resource
(`resources.py`, `people.py`, `planned.py`); `taking_in.py` looks first and writes all or nothing.
"""
