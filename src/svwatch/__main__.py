"""`python -m svwatch`."""

from svwatch.cli import main

if __name__ == "__main__":
    main()
