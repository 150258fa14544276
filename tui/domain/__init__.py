"""What the school's rules say, as pure functions: no I/O, no clock, no SQL, no screen.

Records and facts come in, decisions with their evidence go out. Time is always an argument.
"""
