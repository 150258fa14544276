"""Nothing breaks a job: killed at every point, on a full disk, behind a locked register, with clocks that jump.

Each run is a process of its own that runs the command line; what came of it is counted by a reader that knows nothing
of the program (tests/crash/reader.py). `make crash` goes through every point and hundreds of random moments.
"""
