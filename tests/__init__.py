"""The tests, in the order of the house: each folder is named after the room it tests."""
