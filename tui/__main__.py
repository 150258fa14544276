"""`python -m tui` is `engage-accounts`."""

from tui.cli import main

if __name__ == "__main__":
    main()
