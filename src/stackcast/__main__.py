"""`python -m stackcast` is the `stackcast` command."""

from .cli import main

if __name__ == "__main__":
    main()
